// Package report writes what a run did as one HTML file that opens without a
// network: no script, no font, no picture from elsewhere, and a content
// security policy that forbids them.
//
// A Report is plain data with JSON tags; its charts are those of package plot.
// HTML lays it out for wide screens, phones and paper, in light and dark, with
// a table behind every chart. The same Report gives the same bytes.
//
// What the package does not do: gather the data. The tour does, and later the
// command that shows a recorded run.
package report
