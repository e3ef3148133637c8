// How finely to draw, for drawing to keep up with the display. Pure: time comes with each call.
//
// First cells get larger; where that does not help, or not enough, fewer frames are drawn; then columns get longer.
// The roadmap's idea (coarser below 30 frames a second, finer above 55) with what it takes not to swing: the cost of a
// drawing is fitted to its number of cells, so that a size is chosen by what it will cost; a change is held for a while,
// and for longer each time that it had to be taken back. It gets coarser at once and finer late, and turns back at most
// three times a minute.

const TARGET_HZ = 60;
const USUAL_MS = 1000 / TARGET_HZ;
const RATES = [60, 72, 75, 85, 90, 100, 120, 144, 165, 240].map((hertz) => 1000 / hertz);
const FASTEST_MS = 1000 / 250;

const WINDOW = 512; // animation frames that are remembered
const COSTS = 12; // costs that are judged,
const MOST_COSTS = 32; // and more of them before cells get finer
const PAUSE_MS = 2000; // a longer gap is no slow frame: the machine was asleep
const GAP_MS = 250; // nor is a longer one that is alone
const ALONE_MS = 5000;
const SETTLE_FRAMES = 5; // after a change, not judged
const START_FRAMES = 30; // nor those after the picture was made anew
const LASTING_MS = 1000;
const REFRESH_EVERY_MS = 500;

// Intervals that drawings missed are added up, less so many for each drawing: those of chance and of single spikes come
// to nothing, however often; many come to too many at once, a few more than 5 of 60 after some seconds.
const MISSED = [{ allowed: 0.18, most: 8 }, { allowed: 0.115, most: 16 }];
const MISSED_AT_ONCE = 2; // counted of one gap
const FEW_MISSED = 3; // by the slower count: no reason not to get finer
const NEWEST_COSTS = 5; // which tell of a load that has just come,
const NEWEST_MS = 300; // and so do the frames of this time
const FULL = 0.95; // of the interval: a cost that is too high for it
const AIM = 0.75; // of the interval, what a coarser size is chosen for
const ROOM = 0.8; // what a finer size must stay below,
const DOUBT = 1.15; // with its cost so much higher than predicted
const WAITING = 1.2; // of the period: a drawing that takes longer and still comes in time only waits
const JUDGED_MS = 3000; // after a change, what comes is not of it any more
const CAUTION = 0.8; // of what larger cells are foretold to save
const STALE = 0.25; // of a cost: so far off, the fit is of another load
const GAIN = 0.1; // of the cost, at least, that the coarsest size would save
const LOW = 29.9 / 60; // of the wanted rate: always coarser. A display of 59.94 Hz at half its rate is not below
const HIGH = 55 / 60; // never coarser

const MOST_EVERY = 4; // frames, from one drawing to the next at most

const DWELL_MS = 2000;
const UNSURE_MS = 12_000; // before a finer size of which only the fit says that there is room
const LONGEST_DWELL_MS = 60_000;
const MOST_REVERSALS = 3; // in a minute
const MINUTE_MS = 60_000;
const REVERTED_MS = 10_000; // taken back within this, it waits so many times as long
const REVERTED_TIMES = 4;
const CALM_MS = 60_000; // after which the dwell is halved
const LEARNED_MS = 300_000; // for so long it is held that larger cells do not help
const USUAL_SHARE = 0.9; // of a cost that goes with the number of cells, until a change has shown it
const HALF_LIFE_MS = 4000; // of what is known of costs

/** @typedef {{due: boolean, changed: boolean}} Tick */

export class Controller {
  #deltas = new Float64Array(WINDOW); // between animation frames, and when each ended
  #ends = new Float64Array(WINDOW);
  #count = 0;
  #came = new Float64Array(WINDOW); // when wanted frames came
  #cameCount = 0;
  #missed = MISSED.map(() => 0);
  #last = -1;
  #lastCame = -Infinity;
  #lastDue = -Infinity;
  #gapAt = -Infinity; // the last long gap
  #skip = START_FRAMES;
  #since = 0; // of the rate's window
  #costs = new Float64Array(MOST_COSTS);
  #costCount = 0;
  #fit = { weight: 0, p: 0, pp: 0, c: 0, pc: 0, at: 0 };
  #share = USUAL_SHARE;
  #learnedAt = -Infinity;
  /** @type {{step: number, cost: number} | null} */
  #before = null; // the last change, if it was made because of the cost
  #back = 0; // the step before it
  #frequency = NaN; // drawings a second
  #refresh = USUAL_MS;
  #rival = { refresh: USUAL_MS, seen: 0 };
  #refreshAt = 0;
  #changedAt = 0;
  #dwell = DWELL_MS;
  #finerAt = -Infinity; // the last time that cells became smaller
  #direction = 0; // of the last change: 1 if it was to coarser ones, -1 to finer ones
  /** @type {number[]} */
  #reversals = []; // when the direction changed
  #why = "";

  /**
   * @param {number[]} sizes numbers of cells, strictly falling
   * @param {number} levels how many of them, the last, have longer columns, not larger cells alone
   */
  constructor(sizes, levels = 0) {
    this.sizes = sizes;
    this.levels = levels;
    this.step = 0; // the size
    this.every = 1; // of the wanted frames, one in so many is drawn
  }

  /** Milliseconds from one wanted frame to the next: one or more of the display, at 60 a second or little more. */
  get period() {
    const hertz = 1000 / this.#refresh;
    // A display of 90 has no frames to leave out: half of them would be too few.
    return Math.max(1, Math.floor(hertz / TARGET_HZ + 0.4)) * this.#refresh;
  }

  /** Milliseconds from one drawing to the next. */
  get interval() {
    return this.period * this.every;
  }

  /** What a drawing costs now: three of four are cheaper. NaN while that is not known. */
  get cost() {
    return this.#costOf(COSTS);
  }

  /** @param {number} most of the newest costs @param {number} [share] of them that are less */
  #costOf(most, share = 0.75) {
    const count = Math.min(this.#costCount, most);
    return quantile(Float64Array.from({ length: count }, (_, i) => this.#costs[(this.#costCount - 1 - i) % MOST_COSTS]), share);
  }

  /** Why cells are as large as they are, to follow "because"; empty while that is not known. */
  get reason() {
    const of = `of ${number(this.interval)} ms`;
    if (this.step + this.every > 1 && this.#why) return this.#why;
    const cost = this.cost;
    if (Number.isNaN(cost)) return "";
    if (cost < this.interval) return `a frame takes ${number(cost)} ${of}`;
    return this.#share < GAIN ? "larger ones are no faster" : `${Math.round(this.#frequency)} frames a second come`;
  }

  /**
   * The picture has other sizes; the one that is nearest to the present is kept.
   *
   * @param {number[]} sizes
   * @param {number} levels
   */
  resize(sizes, levels = 0) {
    const cells = this.sizes[this.step];
    const finest = this.step === 0;
    [this.sizes, this.levels] = [sizes, levels];
    const found = sizes.findIndex((each) => each <= cells);
    this.step = finest ? 0 : found < 0 ? sizes.length - 1 : found;
    this.#before = null;
    this.#forget();
    this.#skip = START_FRAMES;
  }

  /** What comes next says nothing about drawing: the picture was made anew, or the tab was hidden. */
  pause() {
    this.#last = -1;
    this.#forget();
  }

  /** An animation frame while there is nothing to draw: it tells how fast the display is. @param {number} now */
  watch(now) {
    const delta = this.#last < 0 ? Infinity : now - this.#last;
    this.#last = now;
    if (delta <= GAP_MS) this.#note(now, delta);
  }

  /** @param {number} now @param {number} delta from the animation frame before */
  #note(now, delta) {
    this.#deltas[this.#count % WINDOW] = delta;
    this.#ends[this.#count % WINDOW] = now;
    this.#count += 1;
    this.#measureRefresh(now);
  }

  /**
   * An animation frame.
   *
   * @param {number} now milliseconds, of the display's clock
   * @returns {Tick} whether a drawing is due, and whether `step` or `every` has changed
   */
  tick(now) {
    const delta = this.#last < 0 ? Infinity : now - this.#last;
    this.#last = now;
    if (this.#stood(now, delta)) {
      this.#forget();
      this.#since = now;
      this.#lastDue = this.#lastCame = now;
      return { due: true, changed: false };
    }
    this.#note(now, delta);
    if (now - this.#lastCame >= this.period - this.#refresh / 2) {
      this.#lastCame = now;
      this.#came[this.#cameCount % WINDOW] = now;
      this.#cameCount += 1;
    }
    const due = now - this.#lastDue >= this.interval - this.#refresh / 2;
    if (!due) return { due, changed: false };
    const gap = now - this.#lastDue;
    const passed = Math.round(gap / this.period);
    this.#lastDue = now;
    if (this.#skip > 0) {
      // The last few are drawings; what comes before them is time, which slow drawings must not make longer; nor
      // do the last few last much longer than a second.
      const few = Math.max(this.every, Math.floor((delta * SETTLE_FRAMES) / LASTING_MS));
      this.#skip -= this.#skip > SETTLE_FRAMES ? Math.min(Math.max(passed, 1), this.#skip - SETTLE_FRAMES) : few;
      this.#since = now;
      return { due, changed: false };
    }
    this.#miss(gap);
    return { due, changed: this.#judge(now) };
  }

  /**
   * Whether the page stood still before this frame, which then tells nothing. Long gaps that are not alone are slow
   * frames. A tab that was hidden is told of by `pause`.
   *
   * @param {number} now
   * @param {number} delta
   */
  #stood(now, delta) {
    if (delta <= GAP_MS) return false;
    const alone = now - delta - this.#gapAt > ALONE_MS;
    this.#gapAt = now;
    return alone || delta > PAUSE_MS;
  }

  /** @param {number} gap from one drawing to the next */
  #miss(gap) {
    // A display that is fast may seem slow while drawings keep it from being seen: then a share of the interval tells.
    const late = gap > this.interval + Math.min(0.6 * this.#refresh, 0.3 * this.interval);
    const missed = late ? Math.min(Math.max(Math.round(gap / this.interval) - 1, 1), MISSED_AT_ONCE) : 0;
    MISSED.forEach(({ allowed, most }, i) => (this.#missed[i] = Math.min(Math.max(this.#missed[i] + missed - allowed, 0), most)));
  }

  /** What a drawing cost. @param {number} now @param {number} ms @param {number} cells */
  spent(now, ms, cells) {
    if (this.#skip > 0 || !(ms >= 0)) return;
    this.#costs[this.#costCount % MOST_COSTS] = ms;
    this.#costCount += 1;
    const fit = this.#fit;
    const kept = 0.5 ** ((now - fit.at) / HALF_LIFE_MS);
    fit.at = now;
    fit.weight = fit.weight * kept + 1;
    fit.p = fit.p * kept + cells;
    fit.pp = fit.pp * kept + cells * cells;
    fit.c = fit.c * kept + ms;
    fit.pc = fit.pc * kept + cells * ms;
  }

  /** @param {number} now */
  #judge(now) {
    const rate = this.#rate(now, LASTING_MS);
    const wanted = 1000 / this.period;
    const { cost, interval } = this;
    const known = this.#costCount >= MOST_COSTS;
    this.#frequency = rate;
    if (now - this.#learnedAt > LEARNED_MS) this.#share = USUAL_SHARE;
    const low = now - this.#since >= LASTING_MS && rate < LOW * wanted;
    const overdue = MISSED.some(({ most }, i) => this.#missed[i] >= most);
    const newest = this.#costOf(NEWEST_COSTS);
    const some = this.#costCount >= NEWEST_COSTS;
    if (overdue && some && this.#inVain(now, newest) && this.#mayTurn(now)) {
      return this.#change(now, this.#back, Math.min(2 * this.every, MOST_EVERY), -1);
    }
    if (this.step < this.sizes.length - 1 || this.every < MOST_EVERY) {
      const late = overdue && (some || now - this.#since >= LASTING_MS) && !(newest < interval / 4) && this.#eases(newest);
      if (low || late) return this.#coarser(now, newest, low ? rate : NaN);
    }
    if (now - this.#changedAt > CALM_MS && this.#dwell > DWELL_MS) {
      this.#dwell = Math.max(this.#dwell / 2, DWELL_MS);
      this.#changedAt = now;
    }
    if (this.step + this.every > 1 && known && now - this.#changedAt >= this.#dwell && this.#missed[1] < FEW_MISSED && this.#mayTurn(now)) {
      const full = rate > HIGH * wanted;
      if (full || (this.every > 1 && rate > HIGH * wanted * this.#possible(cost, this.every))) return this.#finer(now, cost, full);
    }
    return false;
  }

  /** Whether cells may get finer: so that, if it has to be taken back, the turns of a minute are not too many. @param {number} now */
  #mayTurn(now) {
    const turns = this.#reversals.filter((at) => now - at < MINUTE_MS).length;
    return turns + (this.#direction > 0 ? 2 : 1) <= MOST_REVERSALS;
  }

  /** The coarsest of the sizes that differ by their cells alone. */
  get #largest() {
    return this.sizes.length - 1 - this.levels;
  }

  /** Whether larger cells would cost less, as far as is known: some costs are not the picture's. @param {number} cost */
  #helps(cost) {
    if (this.step >= this.#largest) return false;
    return Number.isNaN(cost) ? this.#share >= GAIN : this.#saved(this.#largest) > GAIN * cost;
  }

  /** Whether any of what comes next would make it easier. @param {number} cost */
  #eases(cost) {
    return this.every < MOST_EVERY || this.#helps(cost) || this.#saved(this.sizes.length - 1) > GAIN * cost;
  }

  /** Milliseconds that a drawing of another size would take less. @param {number} step */
  #saved(step) {
    return this.#line().slope * (this.sizes[this.step] - this.sizes[step]);
  }

  /** The share of wanted frames that can come beside drawings that cost so much. @param {number} cost @param {number} every */
  #possible(cost, every) {
    const waited = Math.max(Math.ceil(cost / this.period), 1); // frames, from a drawing to the next one that comes
    const cycle = Math.max(every, waited);
    return (cycle - waited + 1) / cycle;
  }

  /** @param {number} now @param {number} cost @param {number} rate NaN unless it is the reason */
  #coarser(now, cost, rate) {
    const { step, every, interval } = this;
    this.#refit(now, cost);
    const of = `${number(cost)} of ${number(interval)} ms`;
    const [toStep, toEvery] = this.#coarserThan(now, cost);
    if (!Number.isNaN(rate)) this.#why = `finer ones came at ${Math.round(rate)} frames a second`;
    else if (Number.isNaN(cost)) this.#why = "finer ones came late";
    else this.#why = cost < interval ? `finer ones came late, though they took ${of}` : `finer ones took ${of}`;
    const known = Number.isNaN(rate) && this.#costCount >= NEWEST_COSTS && toEvery === every;
    this.#before = known ? { step, cost } : null;
    if (now - this.#finerAt < REVERTED_MS) this.#dwell = Math.min(REVERTED_TIMES * this.#dwell, LONGEST_DWELL_MS);
    return this.#change(now, toStep, toEvery, 1);
  }

  /** Costs from before the load changed tell nothing of it. @param {number} now @param {number} cost */
  #refit(now, cost) {
    const cells = this.sizes[this.step];
    const { base, slope } = this.#line();
    if (!(Math.abs(base + slope * cells - cost) > STALE * cost)) return;
    this.#fit = { weight: 1, p: cells, pp: cells * cells, c: cost, pc: cells * cost, at: now };
  }

  /** @param {number} now @param {number} cost @returns {[number, number]} the size and how often to draw it */
  #coarserThan(now, cost) {
    const { step, every } = this;
    if (this.#helps(cost)) {
      let next = step + 1;
      // Unless drawings only wait for something else: then what they take does not tell what larger cells would.
      if (!Number.isNaN(cost) && (cost * this.#rate(now, NEWEST_MS)) / every < 1500) {
        const fits = (/** @type {number} */ to) => cost - CAUTION * this.#saved(to) <= AIM * this.interval;
        while (next < this.#largest && !fits(next)) next += 1;
      }
      return [next, every];
    }
    if (every === MOST_EVERY) return [step + 1, every];
    let next = 2 * every;
    while (next < MOST_EVERY && cost > FULL * this.period * next) next *= 2;
    // If there are too few frames beside such drawings, cells have to be larger, too.
    let to = step;
    while (to < this.#largest && !(this.#possible(cost - this.#saved(to), next) > LOW)) to += 1;
    return [Number.isNaN(cost) ? step : to, next];
  }

  /** @param {number} now @param {number} cost @param {boolean} full whether frames come as fast as is wanted */
  #finer(now, cost, full) {
    // More cells cost at most as many times as much. That there is room for them although they did is sure; the fit may be wrong.
    const high = this.#costOf(MOST_COSTS, 0.9);
    let [step, every] = this.#roomFor((to) => high * Math.max(this.sizes[to] / this.sizes[this.step], 1));
    if (step === this.step && every === this.every && now - this.#changedAt >= UNSURE_MS) {
      const { base, slope } = this.#line();
      [step, every] = this.#roomFor((to) => base + slope * this.sizes[to]);
    }
    // Drawings that take much longer than the period and still come in time only wait for something else: what a finer size
    // costs cannot be told from them, and is tried.
    if (step === this.step && every === this.every && full && cost > WAITING * this.period) {
      if (every > 1 && step <= this.#largest) every /= 2;
      else if (step > 0) step = this.#share < GAIN ? 0 : step - 1;
    }
    if (step === this.step && every === this.every) return false;
    this.#finerAt = now;
    this.#before = null;
    return this.#change(now, step, every, -1);
  }

  /** The finest size, and how often to draw it, that there is room for. @param {(step: number) => number} predicted @returns {[number, number]} */
  #roomFor(predicted) {
    let { step, every } = this;
    const fits = (/** @type {number} */ to, /** @type {number} */ often) => {
      const ms = DOUBT * predicted(to);
      return ms < ROOM * this.period * often && this.#possible(ms, often) > LOW;
    };
    while (step > this.#largest && fits(step - 1, every)) step -= 1;
    if (step <= this.#largest) {
      while (every > 1 && fits(step, every / 2)) every /= 2;
      // Cells get smaller only where no larger ones would allow to draw more often.
      if (every === 1 || !fits(this.#largest, every / 2)) while (step > 0 && fits(step - 1, every)) step -= 1;
    }
    return [step, every];
  }

  /** @param {number} now @param {number} step @param {number} every @param {1 | -1} direction */
  #change(now, step, every, direction) {
    [this.step, this.every] = [step, every];
    if (this.#direction === -direction) this.#reversals = [...this.#reversals.filter((at) => now - at < MINUTE_MS), now];
    this.#direction = direction;
    this.#changedAt = now;
    this.#forget();
    return true;
  }

  #forget() {
    this.#skip = SETTLE_FRAMES;
    this.#costCount = 0;
    this.#missed.fill(0);
    // The fit stays, as a hint that new costs outweigh at once.
    for (const name of /** @type {const} */ (["weight", "p", "pp", "c", "pc"])) this.#fit[name] *= 0.1;
  }

  /** Wanted frames that came, a second, since the last change and no longer ago than so; NaN if none did. @param {number} now @param {number} ms */
  #rate(now, ms) {
    const since = Math.max(now - ms, this.#since);
    let n = 0;
    let first = now;
    while (n < Math.min(this.#cameCount, WINDOW)) {
      const at = this.#came[(this.#cameCount - 1 - n) % WINDOW];
      if (at < since && (n > 1 || at < this.#since)) break; // at least two, if there are: they may be a second apart
      first = at;
      n += 1;
    }
    return n > 1 ? ((n - 1) * 1000) / (this.#lastCame - first) : NaN;
  }

  /** Whether the last change has shown that larger cells save nearly nothing. @param {number} now @param {number} cost */
  #inVain(now, cost) {
    if (this.#before === null || now - this.#changedAt > JUDGED_MS) return false;
    const fewer = 1 - this.sizes[this.step] / this.sizes[this.#before.step];
    const less = 1 - cost / this.#before.cost;
    this.#share = Math.min(Math.max(less / fewer, 0), USUAL_SHARE);
    this.#learnedAt = now;
    this.#back = this.#before.step;
    this.#before = null;
    return this.#share < GAIN;
  }

  /** Cost as a line over cells; by the usual share of it while one size alone has been seen. */
  #line() {
    const { weight, p, pp, c, pc } = this.#fit;
    if (!(weight > 0)) return { base: 0, slope: 0 };
    const [meanP, meanC] = [p / weight, c / weight];
    const spread = pp / weight - meanP * meanP;
    const steep = meanC / meanP;
    let slope = this.#share * steep;
    if (spread > 0.01 * meanP * meanP) {
      // Never steeper than through nothing.
      slope = Math.min(Math.max((pc / weight - meanP * meanC) / spread, 0), steep);
    }
    return { base: meanC - slope * meanP, slope };
  }

  /** The display's own period: what the fastest quarter of frames takes. @param {number} now */
  #measureRefresh(now) {
    if (now - this.#refreshAt < REFRESH_EVERY_MS) return;
    this.#refreshAt = now;
    const recent = [];
    for (let i = 1; i <= Math.min(this.#count, WINDOW); i++) {
      const at = (this.#count - i) % WINDOW;
      if (now - this.#ends[at] > 2000) break;
      recent.push(this.#deltas[at]);
    }
    if (recent.length < 20) return;
    recent.sort((a, b) => a - b);
    const fast = recent[recent.length >> 3];
    // Slower than 60 a second is no display, but too much work: it tells nothing.
    if (fast > 1.05 * USUAL_MS) return;
    const found = Math.max(snapped(fast), FASTEST_MS);
    if (Math.abs(found - this.#refresh) < 0.04 * this.#refresh) {
      this.#rival.seen = 0;
      return;
    }
    this.#rival.seen = Math.abs(found - this.#rival.refresh) < 0.04 * found ? this.#rival.seen + 1 : 1;
    this.#rival.refresh = found;
    if (this.#rival.seen < 2) return;
    this.#refresh = found;
    this.#rival.seen = 0;
    this.#forget();
  }
}

/** @param {number} ms */
function snapped(ms) {
  return RATES.find((rate) => Math.abs(ms - rate) < 0.05 * rate) ?? ms;
}

/** @param {Float64Array} values are sorted @param {number} share */
function quantile(values, share) {
  return values.length ? values.sort()[Math.min(values.length - 1, Math.floor(share * values.length))] : NaN;
}

/** @param {number} ms */
function number(ms) {
  return ms < 10 ? ms.toFixed(1) : ms < 100 ? ms.toFixed(1).replace(/\.0$/, "") : ms.toFixed(0);
}
