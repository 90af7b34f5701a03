// Package source reads the outside world: svmlight, CSV and TSV, npy, npz and
// Parquet, from files, globs, directories, standard input and object stores,
// plain or compressed.
//
// A Dataset is a schema and a sequence of segments. A Segment is a few MiB of
// input that ends where a row ends: cheap to cut, and decoded in any worker
// into a Batch, which is either an Arrow record (CSV, Parquet) or a
// dtype.Block (svmlight, npy, npz), the position of its first row and the
// Cursor after its last. So one large file keeps all cores busy, and a job
// goes on from a Cursor without decoding what is done.
//
//	ds, err := source.Open(ctx, []string{"flights/*.csv.gz"}, source.Options{})
//	if err != nil {
//		return err
//	}
//	defer ds.Close()
//	for seg, err := range ds.Segments(ctx, source.Cursor{}) {
//		if err != nil {
//			return err
//		}
//		batch, err := seg.Decode(ctx) // in a worker
//		…
//		batch.Release()
//	}
//
// # Text tables
//
// Lines end with LF or CRLF; the last may end with the file. Lines that are
// empty or hold spaces only are no rows. A field in quotes may hold delimiters
// and line ends, and a quote in it is doubled (RFC 4180); a quote anywhere else
// is an error that is never skipped, because no row end after it is sure.
//
// The first 10,000 rows of the first MiB tell delimiter, header and types, and
// nothing else does: so the same file has the same schema whatever is read of
// it. A column is int64 when all its values are integers of that size, else
// float64 when they are numbers (inf and nan among them), bool for true and
// false, time for ISO 8601 dates and times (UTC unless an offset is there, in
// microseconds), else text; without any value it is float64. Integers beyond
// int64 are text: digits so many are a name. A later value that does not fit is
// an error with its place and the option that mends it. Missing are the texts
// of Options.NA, in quotes or not, as in pandas. Text is UTF-8.
//
// All files of a table have the same columns; each has the header if the first
// has one. A first row is a header when no field of it is a number, a time, a
// truth value or missing.
//
// # svmlight
//
// A row is LABEL [qid:N] INDEX:VALUE … [# comment], separated by spaces or
// tabs, the indices rising. Query numbers are left out. Indices count from 1,
// or from 0 when an index 0 is met before the rows are read (Options.ZeroBased).
//
// # Numbers
//
// A number is [+-] digits [. digits] [e [+-] digits]. Its value is that of
// strconv.ParseFloat, bit for bit; one beyond float64 is an error. float32
// columns and blocks are that value rounded once more, after Options.Scale.
//
// # What is not done here
//
// The package does not write files (chunk does) and makes no numbers of texts
// (feature does).
package source
