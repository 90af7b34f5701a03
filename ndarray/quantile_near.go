package ndarray

import (
	"context"
	"errors"
	"math/bits"
	"slices"

	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/task"
)

// firstBits are those that the first pass over elements of 64 bits finds of one
// output: the exponent of a float64, and 6 bits of its fraction.
const firstBits = 18

// skip takes for known what all elements near the quantiles have in common, as
// whole numbers of a small range do, and those that are all the same.
func (s *search) skip() {
	common := s.width
	for _, e := range s.ends {
		if e[0] > e[1] { // no element, and no key
			continue
		}
		// Elements of several digits: no more is known than those.
		if e[0]>>(s.width-s.known) != e[1]>>(s.width-s.known) {
			return
		}
		common = min(common, bits.LeadingZeros64(e[0]^e[1])-(64-s.width))
	}
	if common <= s.known {
		return
	}
	for at, e := range s.ends {
		if s.keys[at] = 0; e[0] <= e[1] {
			s.keys[at] = e[0] >> (s.width - common)
		}
	}
	s.known = common
}

// pick keeps the elements that begin as the keys do, where they are few, and finds
// the keys among them.
func (s *search) pick(ctx context.Context, run task.Runner, c *runConfig) (done bool, err error) {
	most := slices.Max(s.near)
	if most > int64(gatherBytes/8) || s.outputs > 1 {
		return false, nil
	}
	prefix := slices.Compact(slices.Sorted(slices.Values(s.keys)))
	shift := s.width - s.known
	p := &pass{arg: s.arg, r: s.r, state: int(8 * most), make: func(_, outputs int) accumulator {
		return newKeyAcc(s.arg.typ, &picked{shift: shift, prefix: [][]uint64{prefix}, values: make([][]uint64, outputs)})
	}}
	err = p.run(ctx, run, c, func(_ int, _ int64, _ strided, _ []int, acc accumulator) error {
		keys := acc.(keyAcc).sink().(*picked).values[0]
		slices.Sort(keys)
		for t, key := range s.keys {
			first, _ := slices.BinarySearchFunc(keys, key, func(k, key uint64) int {
				if k>>shift < key {
					return -1
				}
				return 1
			})
			if at := first + int(s.ranks[t]); at < len(keys) {
				s.keys[t] = keys[at]
			} else {
				s.keys[t] <<= shift // no element has the rank: all are NaN
			}
		}
		s.known = s.width
		return nil
	})
	if refused := (*memory.RefusedError)(nil); errors.As(err, &refused) {
		return false, nil // histograms take less
	}
	return err == nil, err
}
