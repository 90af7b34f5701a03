package enginetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/task"
)

// A model is a random graph and its results, evaluated as it was built.
type model struct {
	graph  task.Graph
	keys   []task.Key
	values map[task.Key][]uint64 // one for a single task
	single map[task.Key]bool
}

func randomModel(rng *rand.Rand, entries int) *model {
	m := &model{values: map[task.Key][]uint64{}, single: map[task.Key]bool{}}
	for i := range entries {
		key := task.Key(fmt.Sprintf("t%d", i))
		if rng.IntN(3) > 0 {
			m.addRange(rng, key)
		} else {
			m.addSingle(rng, key)
		}
		m.keys = append(m.keys, key)
	}
	return m
}

// pick gives an earlier entry that is ok, "" when there is none.
func (m *model) pick(rng *rand.Rand, ok func(task.Key) bool) task.Key {
	var fit []task.Key
	for _, k := range m.keys {
		if ok(k) {
			fit = append(fit, k)
		}
	}
	if len(fit) == 0 {
		return ""
	}
	return fit[rng.IntN(len(fit))]
}

// constant adds to in what all tasks of an entry take alike; sees has the values.
func (m *model) constant(rng *rand.Rand, in, sees *mixArgs) {
	for range rng.IntN(3) {
		if k := m.pick(rng, func(k task.Key) bool { return len(m.values[k]) > 0 }); k != "" {
			v := m.values[k]
			i := rng.IntN(len(v))
			in.Ones = append(in.Ones, m.one(k, i))
			sees.Ones = append(sees.Ones, task.Input[uint64]{Value: v[i]})
		}
	}
	if rng.IntN(2) == 0 {
		if k := m.pick(rng, func(k task.Key) bool { return !m.single[k] }); k != "" {
			in.Many = append(in.Many, spanOf(k, m.values[k]).All())
			sees.Many = append(sees.Many, task.Inputs[uint64]{Values: m.values[k]})
		}
	}
}

func (m *model) one(k task.Key, i int) task.Input[uint64] {
	if m.single[k] {
		return task.NodeOf[uint64](k).Out()
	}
	return spanOf(k, m.values[k]).At(int64(i))
}

func spanOf(k task.Key, v []uint64) task.Span[uint64] { return task.SpanOf[uint64](k, int64(len(v))) }

func (m *model) options(rng *rand.Rand) (opts []task.AddOption) {
	if rng.IntN(4) == 0 {
		opts = append(opts, task.Priority(rng.IntN(3)))
	}
	if len(m.keys) > 0 && rng.IntN(4) == 0 {
		opts = append(opts, task.After(m.keys[rng.IntN(len(m.keys))]))
	}
	return opts
}

func (m *model) addSingle(rng *rand.Rand, key task.Key) {
	in := mixArgs{Seed: rng.Int64()}
	sees := in
	m.constant(rng, &in, &sees)
	mix.Add(&m.graph, key, in, m.options(rng)...)
	m.values[key], m.single[key] = []uint64{sees.hash(-1)}, true
}

func (m *model) addRange(rng *rand.Rand, key task.Key) {
	n := rng.IntN(12)
	in := mixArgs{Seed: rng.Int64()}
	sees := in
	m.constant(rng, &in, &sees)
	var each, grouped task.Key
	size := 0
	switch rng.IntN(3) {
	case 0: // task by task
		if each = m.pick(rng, func(k task.Key) bool { return !m.single[k] }); each != "" {
			n = len(m.values[each])
			in.Ones = append(in.Ones, spanOf(each, m.values[each]).Each())
		}
	case 1: // group by group
		if grouped = m.pick(rng, func(k task.Key) bool { return !m.single[k] }); grouped != "" {
			size = 1 + rng.IntN(4)
			span := spanOf(grouped, m.values[grouped])
			n = int(span.GroupCount(int64(size)))
			in.Many = append(in.Many, span.Groups(int64(size)))
		}
	}
	mixRange.Range(&m.graph, key, int64(n), mixRangeArgs{Mix: in}, m.options(rng)...)
	out := make([]uint64, n)
	for i := range out {
		mine := mixArgs{Seed: sees.Seed, Ones: sees.Ones[:len(sees.Ones):len(sees.Ones)], Many: sees.Many[:len(sees.Many):len(sees.Many)]}
		if each != "" {
			mine.Ones = append(mine.Ones, task.Input[uint64]{Value: m.values[each][i]})
		}
		if grouped != "" {
			v := m.values[grouped]
			mine.Many = append(mine.Many, task.Inputs[uint64]{Values: v[i*size : min((i+1)*size, len(v))]})
		}
		out[i] = mine.hash(int64(i))
	}
	m.values[key] = out
}

// check compares results with the model: of every task of targets, and of no other.
func (m *model) check(t *testing.T, got task.Results, targets []task.Key) {
	t.Helper()
	want := map[task.ID]uint64{}
	for _, k := range targets {
		for i, v := range m.values[k] {
			id := task.ID{Key: k, Index: int64(i)}
			if m.single[k] {
				id.Index = -1
			}
			want[id] = v
		}
	}
	for id, v := range want {
		if string(got[id]) != fmt.Sprint(v) {
			t.Errorf("task %s: got %s, want %d", id, got[id], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d results, want %d", len(got), len(want))
	}
	if t.Failed() {
		t.Logf("the graph:\n%s", &m.graph)
	}
}

func randomGraphs(t *testing.T, s Subject) {
	graphs := 60
	if s.Remote {
		graphs = 5
	}
	for seed := range uint64(graphs) {
		rng := rand.New(rand.NewPCG(seed, 1))
		m := randomModel(rng, 1+rng.IntN(25))
		var targets []task.Key
		for range 1 + rng.IntN(3) {
			k := m.keys[rng.IntN(len(m.keys))]
			targets = append(targets, k)
		}
		g := &m.graph
		if rng.IntN(2) == 0 { // a graph is data: it survives a trip through JSON
			data, err := json.Marshal(g)
			if err != nil {
				t.Fatal(err)
			}
			g = &task.Graph{}
			if err := json.Unmarshal(data, g); err != nil {
				t.Fatal(err)
			}
		}
		r := s.New(t, 1+rng.IntN(4))
		m.check(t, collect(t, r, g, task.RunOptions{}, targets...), targets)
		if t.Failed() {
			t.Fatalf("seed %d, targets %v", seed, targets)
		}
	}
}
