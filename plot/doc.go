// Package plot draws pictures as SVG: memory over time, ranges of columns,
// learning curves, hexagonal bins, histograms, weights, time lines, terminals.
//
// A chart is plain data with JSON tags. Its SVG(width) method lays it out for
// that many pixels, so that a phone gets a picture of its own and not a small
// one; its Table method gives the same numbers as text. The SVG carries
// classes and no colours: Style is the one style sheet, in which variables hold
// the colours for light, dark and print. Inside HTML a chart is used as it is;
// File makes a file of its own from it.
//
// HexBin, Histogram and Lane are also accumulators: they take values one by one
// in bounded memory, and bins of whole counts do not depend on the order.
//
// The same data gives the same bytes. Values that are no finite number are
// left out, and a chart with nothing to show says "no data". All text is
// escaped. Charts are safe for concurrent use while nobody changes them.
//
// What the package does not do: interaction, scripts, animation, other formats.
package plot
