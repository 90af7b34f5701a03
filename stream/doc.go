// Package stream runs work at memory speed over a sequence too large to hold:
// an ordered parallel Map, and a Fold at its end.
//
// A sequence is an iter.Seq2[T, error]: items, and at most one error, which is
// last. A Mapper gives its items to workers and yields their results in the
// order of the inputs, so that whoever consumes them cannot tell how many
// workers there were. At most Window items are between input and consumer; a
// slow consumer therefore slows the source down (back-pressure), and the memory
// of a stream is Window × the size of an item.
//
//	decode := stream.Mapper[source.Segment, *Batch]{New: newDecoder}
//	learn := stream.Fold[*Batch]{Step: step, Checkpoint: save, Name: "learn"}
//	err := learn.Run(ctx, decode.Map(ctx, segments))
//
// Sequences nest: the result of one Map is the input of another. Nobody needs
// to close anything: leaving the loop, cancelling the context, an error and a
// panic all stop the workers and wait for them.
//
// The package does not reserve memory, retry, or keep a cursor: items carry
// their own, and Checkpoint is called at an instant when exactly the items
// before it have been folded.
package stream
