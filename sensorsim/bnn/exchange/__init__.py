"""Networks in other people's formats: QONNX and plain ONNX. Only here is onnx imported.

What all graphs of this package share:

* One input, float32 [N, channels, rows, columns]: the readout's bits as +1 and -1, channel
  ``color * M + m`` being threshold m of a thermometer; or, of a b-bit ADC, ``2 code - (2**b - 1)``,
  which is the sum of its planes' +1 and -1, weighted ``2**k``.
* Padding is an explicit ``Pad`` with what a dark pixel gives: ``-(2**b - 1)`` before the first
  layer, -1 behind it.
* One output, int64 [N, classes]: the scores in units of ``2**-fraction_bits``.
* ``metadata_props["sensorsim"]`` says so, and holds what ONNX has no place for (`record.Record`).

Every float32 is a whole number below ``2**24`` in magnitude and therefore exact, whatever the order
of a runtime's sums; the scores are int64 throughout.
"""
