"""Exchange networks as QONNX and plain ONNX. Only this package imports onnx.

Conventions of all graphs of this package:

* One input, float32 [N, channels, rows, columns]. For a readout of one plane: its bits as +1 and
  -1. For one of b planes: ``2 code - (2**b - 1)``, which is the sum of its planes' +1 and -1,
  weighted ``2**k``. `sensorsim.readout.protocol.Readout.channel_words` gives the order of channels.
* Padding is an explicit ``Pad`` with the value of a dark pixel: ``-(2**b - 1)`` before the first
  layer, -1 after it.
* One output, int64 [N, classes]: the scores in units of ``2**-fraction_bits``.
* ``metadata_props["sensorsim"]`` states these conventions and holds what ONNX has no place for
  (`record.Record`).

Every float32 is a whole number below ``2**24`` in magnitude and therefore exact, whatever the order
of a runtime's sums; the scores are int64 throughout.
"""
