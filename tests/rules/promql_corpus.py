"""Expressions with their verdicts. Both oracles are asked about each: promtool 2.42 (types, too), and the grammar of
Prometheus's own editor, which knows the syntax of 3.x but no types."""

GOOD = r"""
up
up{}
up{job="a"}
up{job="a",}
up{job!="a", instance=~"b.*", zone!~"c|d"}
{job="a"}
{__name__=~"a|b"}
{__name__="up"}
up == 0
up == bool 0
0 < up
up > 1e3
up > .5
up > 0x1F
up > Inf
up != NaN
-up
+up
-up ^ 2
2 ^ 3 ^ up
up offset 5m
up offset -5m
up @ 1600000000
up @ start()
up @ end() offset 1h
rate(x_total[5m])
rate(x_total{a="b"}[1h30m] offset 1d)
irate(x_total[5m]) > 0
increase(x_total[1w])
max_over_time(up[5m:1m])
max_over_time(rate(x_total[5m])[1h:])
min_over_time((up == 1)[30m:1m] offset 5m)
sum(up)
sum by (job) (up)
sum(up) by (job)
sum without (job, instance) (up)
sum by () (up)
sum by (job,) (up)
avg(rate(x_total[5m])) by (job) * 100 > 5
count(up == 0) by (job) / count(up) by (job) > 0.5
topk(5, up)
bottomk by (job) (2, up)
quantile(0.9, up)
count_values("version", build_info)
stddev(up)
group by (job) (up)
histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))
label_replace(up, "a", "$1", "b", "(.*)")
label_join(up, "a", "-", "b", "c")
absent(up{job="a"})
absent_over_time(up[5m])
predict_linear(x[1h], 4 * 3600) < 0
deriv(x[10m])
clamp_max(x, 5)
round(x, 0.1)
time() - x > 60
timestamp(up)
vector(1)
scalar(x) + 1
day_of_week()
hour(timestamp(x))
sort_desc(up)
a + b
a - on (job) b
a / ignoring (job) b
a * on (job) group_left (zone) b
a * on (job) group_right b
a and b
a or b unless c
a and on (job) b
a unless ignoring (job) b
(a or b) and c
((((a))))
a > b
a >= bool b
a atan2 b
a % 2 == 0
up # a comment
1 + 2
changes(up[5m]) > 3
quantile_over_time(0.5, x[5m])
'a text'
"""

BAD = r"""
up{
up}
(up
up)
up{job=}
up{job}
up{job="a" instance="b"}
up{="a"}
up{1a="b"}
up{job="a
up{job==“a”}
{}
{job=""}
{job=~".*"}
up{__name__="b"}
up ==
== up
up == == 1
up up
up 5
up >
up + + * 2
sum(
sum()
sum by
sum by (job
sum by job (up)
sum(up) by
sum(up) by (job) without (a)
sum(up[5m])
sum("a")
topk(up)
topk(5)
rate(up)
rate(up[5m)
rate(up[5x])
rate(up[])
rate(up[-5m])
rate(up[0s])
rate()
rate(up[5m], 1)
nofunction(up)
abs("a")
abs(up, 1)
label_replace(up)
on > 1
histogram_quantile(up)
up[5m] > 1
up[5m] + up
up offset
up offset up
up offset 5m offset 5m
up @ now()
up @
rate(up[5m]) offset 5m
5 offset 5m
1 > 2
a and 1
1 or a
1 + on (job) a
a + on (job) group_left (b) group_right (c) d
a group_left b
a on (job) b
a == bool
a bool b
up{job=~"("}
up{job=~"*"}
up;down
up $x
up & down
é
"text
up{job='a"}
sum by (1a) (up)
absent()
time(1)
vector("a")
count_values(5, up)
a + bool b
a and bool b
up == 1 2
,up
up,
[5m]
up[5m:1m:1m]
up["5m"]
"""

# Ours, promtool's, the editor grammar's verdict, and why they differ.
DIFFERENT = {
    # Newer than promtool 2.42.
    "rate(x[2m+2m])": (True, False, True, "durations made by arithmetic: 3.4, on by default since 3.14"),
    "x offset (1h*2)": (True, False, True, "the same after offset"),
    "rate(x[5m] anchored)": (True, False, True, "3.7, stable since 3.16"),
    "rate(x[5m] smoothed)": (True, False, True, "3.7, stable since 3.16"),
    'x{"a.b"="c"}': (True, False, True, "UTF-8 names: 3.0"),
    '{"a.b", c="d"}': (True, False, True, "UTF-8 names: 3.0"),
    "histogram_avg(x)": (True, False, True, "3.0"),
    'sort_by_label(x, "a")': (True, False, True, "2.50"),
    "rate(x[300])": (True, False, True, "a plain number is a length in seconds: 3.0"),
    "x > 1m": (True, False, True, "a length is a number in seconds: 3.0"),
    "limitk(2, x)": (True, False, True, "3.0"),
    "mad_over_time(x[5m])": (True, False, True, "2.53"),
    "info(x)": (True, False, True, "3.0"),
    "double_exponential_smoothing(x[5m], 0.1, 0.2)": (True, False, True, "3.0, the new name of holt_winters"),
    # Gone since.
    "holt_winters(x[5m], 0.1, 0.2)": (False, True, False, "renamed in 3.0; the message says to what"),
    # The editor grammar alone is of another mind; it knows no types.
    "rate(x[step()])": (False, False, True, "known at query time only: not checked, a warning"),
}
