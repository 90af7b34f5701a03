package stream_test

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/stream"
)

// Words are parsed in four workers and added up in order; the third is wrong.
func Example() {
	words := func(yield func(string, error) bool) {
		for _, w := range []string{"1", "20", "3oo", "4000"} {
			if !yield(w, nil) {
				return
			}
		}
	}
	parse := stream.Mapper[string, int]{
		Workers: 4,
		New: func() func(context.Context, string) (int, error) {
			return func(_ context.Context, w string) (int, error) {
				n, err := strconv.Atoi(w)
				if err != nil {
					return 0, errs.New(errs.Invalid, "found %q, expected a number", w)
				}
				return n, nil
			}
		},
	}
	total := 0
	sum := stream.Fold[int]{
		Step:       func(_ context.Context, n int) error { total += n; return nil },
		Checkpoint: func(context.Context) error { fmt.Println("saved", total); return nil },
		Name:       "sum",
	}
	ctx := context.Background()
	fmt.Println(sum.Run(ctx, parse.Map(ctx, iter.Seq2[string, error](words))))
	// Output:
	// saved 21
	// found "3oo", expected a number
}
