package ranges

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPlan(t *testing.T) {
	rule := Rule{Gap: 10, Most: 100}
	for name, c := range map[string]struct {
		in   []Range
		want []Range // of the groups: their bytes, and how many members
	}{
		"none":                             {},
		"one":                              {[]Range{{5, 9, 0}}, []Range{{5, 9, 1}}},
		"touching, in any order":           {[]Range{{20, 30, 0}, {10, 20, 1}, {30, 40, 2}}, []Range{{10, 40, 3}}},
		"a gap that is small":              {[]Range{{0, 10, 0}, {20, 30, 1}}, []Range{{0, 30, 2}}},
		"a gap that is large":              {[]Range{{0, 10, 0}, {21, 30, 1}}, []Range{{0, 10, 1}, {21, 30, 1}}},
		"too much together":                {[]Range{{0, 60, 0}, {60, 101, 1}}, []Range{{0, 60, 1}, {60, 101, 1}}},
		"just enough together":             {[]Range{{0, 60, 0}, {60, 100, 1}}, []Range{{0, 100, 2}}},
		"the same one twice":               {[]Range{{0, 60, 0}, {0, 60, 1}}, []Range{{0, 60, 2}}},
		"one in another":                   {[]Range{{0, 60, 0}, {10, 20, 1}, {65, 70, 2}}, []Range{{0, 70, 3}}},
		"one larger than all that is read": {[]Range{{0, 500, 0}, {500, 510, 1}}, []Range{{0, 500, 1}, {500, 510, 1}}},
	} {
		var got []Range
		for g := range rule.Plan(c.in) {
			got = append(got, Range{g.Lo, g.Hi, len(g.Members)})
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// FuzzPlan holds plans against what they promise, and against reading each range alone.
func FuzzPlan(f *testing.F) {
	f.Add(uint64(1), 20, 5, 100)
	f.Add(uint64(2), 3, 0, 1)
	f.Add(uint64(3), 200, 50, 4000)
	f.Fuzz(func(t *testing.T, seed uint64, n, gap, most int) {
		if n < 0 || n > 500 || gap < 0 || most < 0 {
			return
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		object := make([]byte, 1<<12)
		for i := range object {
			object[i] = byte(rnd.Uint32())
		}
		list := make([]Range, n)
		for i := range list {
			lo := rnd.Int64N(int64(len(object)))
			list[i] = Range{lo, lo + rnd.Int64N(min(64, int64(len(object))-lo)+1), i}
		}
		asked := slices.Clone(list)
		rule := Rule{Gap: int64(gap), Most: int64(most)}
		seen := make([]int, n)
		var before *Group
		for g := range rule.Plan(list) {
			if len(g.Members) == 0 || len(g.Members) > 1 && g.Hi-g.Lo > rule.Most {
				t.Fatalf("group of %d ranges and %d bytes by %+v", len(g.Members), g.Hi-g.Lo, rule)
			}
			if before != nil && g.Lo < before.Lo {
				t.Fatalf("group at %d behind one at %d", g.Lo, before.Lo)
			}
			// As few as can be: the next range did not fit into the group before.
			if before != nil && g.Lo-before.Hi <= rule.Gap && max(before.Hi, g.Members[0].Hi)-before.Lo <= rule.Most {
				t.Fatalf("%v could have gone with %v", g.Members[0], *before)
			}
			hi, all := g.Lo, object[g.Lo:g.Hi]
			for _, m := range g.Members {
				seen[m.Number]++
				if m != asked[m.Number] || m.Lo < g.Lo || m.Hi > g.Hi {
					t.Fatalf("range %v, asked for %v, in %d to %d", m, asked[m.Number], g.Lo, g.Hi)
				}
				if m.Lo-hi > rule.Gap {
					t.Fatalf("%d bytes between two ranges by %+v", m.Lo-hi, rule)
				}
				hi = max(hi, m.Hi)
				if !bytes.Equal(g.Cut(all, m), object[m.Lo:m.Hi]) {
					t.Fatalf("range %v was cut wrong", m)
				}
			}
			if hi != g.Hi {
				t.Fatalf("group ends at %d, its ranges at %d", g.Hi, hi)
			}
			before = &g
		}
		for i, k := range seen {
			if k != 1 {
				t.Fatalf("range %d is in %d groups", i, k)
			}
		}
	})
}
