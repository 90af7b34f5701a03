package ndarray

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A planNode is a node in JSON. Args are the numbers of nodes before it.
type planNode struct {
	Kind    string     `json:"kind"`
	Type    dtype.Type `json:"type"`
	Shape   []int      `json:"shape"`
	Grid    grid       `json:"grid"`
	Args    []int      `json:"args,omitempty"`
	Op      op         `json:"op,omitempty"`
	Elem    []byte     `json:"elem,omitempty"`
	Data    []byte     `json:"data,omitempty"`
	From    []float64  `json:"from,omitempty"`
	Axes    []axis     `json:"axes,omitempty"`
	Func    string     `json:"func,omitempty"`
	Address string     `json:"address,omitempty"`
	Path    string     `json:"path,omitempty"`
}

// maxPlanData is the most bytes of numbers in memory that go with a plan, which
// every task gets.
const maxPlanData = 256 << 10

// portable writes n, whose reductions are settled, as JSON; why says what keeps
// it in this process.
func portable(n *node) (plan json.RawMessage, why string) {
	var nodes []planNode
	number := map[*node]int{}
	data := 0
	n.walk(func(m *node) {
		p := planNode{Kind: kindNames[m.kind], Type: m.typ, Shape: m.shape, Grid: m.grid, Op: m.op, Elem: m.elem, Data: m.data, Axes: m.axes}
		switch {
		case m.kind == kindLoad && m.address == "":
			why = fmt.Sprintf("%s is read from a store that is open here", m.array.Path())
		case m.kind == kindLoad:
			p.Address, p.Path = m.address, m.array.Path()
		case m.kind == kindRange:
			p.From = m.from[:]
		case m.kind == kindMap && m.fn.name == "":
			why = "MapChunks has a closure"
		case m.kind == kindMap:
			p.Func = m.fn.name
		}
		data += len(m.data)
		for _, a := range m.args {
			p.Args = append(p.Args, number[a])
		}
		number[m] = len(nodes)
		nodes = append(nodes, p)
	})
	if data > maxPlanData {
		why = "it has numbers in memory that are too many to send along"
	}
	if why != "" {
		return nil, why
	}
	plan, err := json.Marshal(nodes)
	if err != nil {
		return nil, err.Error()
	}
	return plan, ""
}

// parsePlan is portable the other way. It opens what is loaded and checks that
// it is what the plan was made for.
func parsePlan(ctx context.Context, plan json.RawMessage) (*node, error) {
	dec := json.NewDecoder(bytes.NewReader(plan))
	dec.DisallowUnknownFields()
	var nodes []planNode
	if err := dec.Decode(&nodes); err != nil {
		return nil, errs.New(errs.Invalid, "plan of an array: %w", err)
	}
	if len(nodes) == 0 {
		return nil, errs.New(errs.Invalid, "plan of an array is empty")
	}
	built := make([]*node, len(nodes))
	for i, p := range nodes {
		kind := slices.Index(kindNames, p.Kind)
		if kind < 0 {
			return nil, errs.New(errs.Invalid, "plan of an array: node %d of kind %q", i, p.Kind)
		}
		n := &node{typ: p.Type, shape: p.Shape, grid: p.Grid, op: p.Op, elem: p.Elem, data: p.Data, axes: p.Axes}
		n.kind = nodeKind(kind)
		for _, a := range p.Args {
			if a < 0 || a >= i {
				return nil, errs.New(errs.Invalid, "plan of an array: node %d takes node %d", i, a)
			}
			n.args = append(n.args, built[a])
		}
		var err error
		switch n.kind {
		case kindLoad:
			err = n.load(ctx, p.Address, p.Path)
		case kindRange:
			if len(p.From) == 2 {
				n.from = [2]float64(p.From)
			}
		case kindMap:
			n.fn, err = functionOf(p.Func)
		}
		if err == nil {
			err = n.check()
		}
		if err != nil {
			return nil, err
		}
		built[i] = n
	}
	return built[len(built)-1], nil
}

// load opens the array that n was made for.
func (n *node) load(ctx context.Context, address, path string) error {
	a, err := OpenAnyAt(ctx, address, path)
	if err != nil {
		return err
	}
	if a.n.typ != n.typ || !slices.Equal(a.n.shape, n.shape) || !slices.Equal(a.n.grid, n.grid) {
		return errs.New(errs.Conflict, "array %s at %s is %s, the plan was made for %v %s", path, address, a, n.typ, shapeText(n.shape))
	}
	n.array, n.units, n.address = a.n.array, a.n.units, address
	return nil
}

// jobs keeps what tasks made of plans, since many tasks have one plan.
var jobs = struct {
	sync.Mutex
	byPlan map[string]any
	order  []string
}{byPlan: map[string]any{}}

// maxJobs is the most plans kept.
const maxJobs = 16

// cached gives what build makes of a plan, built once for many tasks. key tells
// uses of one plan apart.
func cached[J any](ctx context.Context, key string, plan json.RawMessage, build func(n *node) (J, error)) (J, error) {
	key += string(plan)
	jobs.Lock()
	have, ok := jobs.byPlan[key]
	jobs.Unlock()
	if ok {
		return have.(J), nil
	}
	var j J
	n, err := parsePlan(ctx, plan)
	if err == nil {
		j, err = build(n)
	}
	if err != nil {
		return j, err
	}
	jobs.Lock()
	defer jobs.Unlock()
	if _, ok := jobs.byPlan[key]; !ok {
		if len(jobs.order) == maxJobs {
			delete(jobs.byPlan, jobs.order[0])
			jobs.order = jobs.order[1:]
		}
		jobs.byPlan[key] = j
		jobs.order = append(jobs.order, key)
	}
	return j, nil
}
