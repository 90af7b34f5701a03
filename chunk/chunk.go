// Package chunk turns any data set into files of equal numbers of rows.
//
// An encoder brings batches into the type and form of the files, in any number
// of workers; a FileWriter appends what it made, in order, to one file: dense
// rows (NPZFile), sparse rows (CSRFile), labels, or a Parquet table
// (ParquetFile). docs/format/chunk.md has every byte.
package chunk
