"""A stream's history: the columns of each level, made of single frames or of the level below.

phase_downsampler writes it chunk by chunk; phase_stream makes what is not written yet in the same way.
"""
