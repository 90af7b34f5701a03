package source_test

import (
	"testing"

	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

func TestSegmentsStayWithinTheirCost(t *testing.T) {
	memory.CheckLeaks(t)
	budget, err := memory.New(memory.Options{Cap: 512 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer budget.Close()
	svm, csv := write(t, "x.svm", svmText(6000, 60, 4)), write(t, "x.csv", csvText(20_000, 4))
	for name, c := range map[string]struct {
		path string
		opt  source.Options
	}{
		"sparse": {svm, source.Options{Features: 60}},
		"dense":  {svm, source.Options{Features: 60, Dense: true}},
		"table":  {csv, source.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			const inFlight = 3
			c.opt.SegmentBytes = 256 << 10
			measure, err := source.Open(t.Context(), []string{c.path}, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			defer measure.Close()
			r, err := budget.Reserve(t.Context(), inFlight*measure.Cost(), name)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Release()
			c.opt.Memory = source.FromReservation(r)
			ds, err := source.Open(t.Context(), []string{c.path}, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			defer ds.Close()
			var batches []*source.Batch
			n := 0
			for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
				if err != nil {
					t.Fatal(err)
				}
				b, err := s.Decode(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if batches = append(batches, b); len(batches) == inFlight {
					batches[0].Release()
					batches = batches[1:]
				}
				n++
			}
			for _, b := range batches {
				b.Release()
			}
			if n < 3 {
				t.Errorf("%d segments are too few to tell", n)
			}
			if r.Free() != r.Size() {
				t.Errorf("%d of %d bytes did not come back", r.Size()-r.Free(), r.Size())
			}
		})
	}
}
