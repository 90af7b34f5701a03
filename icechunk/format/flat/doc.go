// Package flat reads and builds FlatBuffers without a schema compiler: tables
// of numbered slots, vectors, strings, structs.
//
// A [Reader] looks at bytes from anyone. It checks every offset before it
// follows it and remembers the first thing that is wrong; from then on tables
// have no fields and vectors no elements, so that a decoder may read to its end
// and ask [Reader.Err] once. It also counts what it visits: bytes that many
// offsets point to are counted every time, and a buffer that is visited for much
// more than its size is refused, which bounds what a decoder allocates.
//
// A [Builder] writes from the end to the front, as is usual: children first,
// then the table that points to them. The same calls give the same bytes.
//
// The package knows nothing of Icechunk. It does not check alignment when
// reading, because nothing here needs it; what it builds is aligned.
package flat
