package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
)

type parseArgs struct {
	Part   Index  `json:"part"`
	Source string `json:"source"`
}

type totalArgs struct {
	Counts Inputs[int64] `json:"counts"`
}

type scaleArgs struct {
	Total Input[int64]   `json:"total"`
	Mine  Input[int64]   `json:"mine"`
	Few   []Input[int64] `json:"few,omitempty"`
}

type scaleRangeArgs struct {
	Scale scaleArgs
	I     Index
}

var (
	parse = Register("tasktest.parse/v1", func(_ context.Context, in parseArgs) (int64, error) { return int64(in.Part), nil },
		func(in parseArgs) Cost { return Cost{Bytes: 1000 + int64(in.Part), CPU: 0.5} })
	total = Register("tasktest.total/v1", func(_ context.Context, in totalArgs) (sum int64, err error) {
		for _, v := range in.Counts.Values {
			sum += v
		}
		return sum, nil
	}, func(totalArgs) Cost { return Cost{Bytes: 64, CPU: 2} })
	scale = Register("tasktest.scale/v1", func(_ context.Context, in scaleArgs) (float64, error) {
		return float64(in.Mine.Value) / float64(in.Total.Value), nil
	}, nil)
	scaleRange = Register("tasktest.scale-range/v1", func(_ context.Context, in scaleRangeArgs) (float64, error) {
		return float64(in.Scale.Mine.Value) / float64(in.Scale.Total.Value), nil
	}, nil)
)

// shares is a graph of every kind of reference.
func shares() *Graph {
	var g Graph
	parts := parse.Range(&g, "part", 10, parseArgs{Source: "s3://bucket/<x>"})
	sums := total.Range(&g, "sum", parts.GroupCount(4), totalArgs{parts.Groups(4)})
	all := total.Add(&g, "all", totalArgs{sums.All()}, Priority(1))
	scaleRange.Range(&g, "share", 10, scaleRangeArgs{Scale: scaleArgs{Total: all.Out(), Mine: parts.Each()}}, After("sum"))
	scale.Add(&g, "one", scaleArgs{Total: all.Out(), Mine: parts.At(7), Few: []Input[int64]{parts.At(1), all.Out()}}, After("share/3", "all"))
	return &g
}

func TestPrint(t *testing.T) {
	const want = `part[10] = tasktest.parse/v1({"part":<i>,"source":"s3://bucket/\u003cx\u003e"})
sum[3] = tasktest.total/v1({"counts":<part[i*4:][:4]>})
all = tasktest.total/v1({"counts":<sum[:]>}) priority 1
share[10] = tasktest.scale-range/v1({"Scale":{"total":<all>,"mine":<part[i]>},"I":<i>}) after sum
one = tasktest.scale/v1({"total":<all>,"mine":<part[7]>,"few":[<part[1]>,<all>]}) after share/3 all
`
	if d := cmp.Diff(want, shares().String()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestGraphIsData(t *testing.T) {
	g := shares()
	data, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var back Graph
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(g.String(), back.String()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	a, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	b, err := back.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Steps {
		if a.Steps[i].Digest != b.Steps[i].Digest {
			t.Errorf("digest of %s differs after JSON", a.Steps[i].Key)
		}
	}
	if g.Len() != 25 {
		t.Errorf("%d tasks, want 25", g.Len())
	}
}

// Digests tell what results follow from: they are what a journal trusts.
func TestDigestChangesWithWhatItStandsFor(t *testing.T) {
	digests := func(source string, n int64) map[Key][8]byte {
		var g Graph
		parts := parse.Range(&g, "part", n, parseArgs{Source: source})
		total.Add(&g, "all", totalArgs{parts.All()})
		scaleRange.Range(&g, "share", n, scaleRangeArgs{Scale: scaleArgs{Mine: parts.Each()}})
		p, err := g.Plan()
		if err != nil {
			t.Fatal(err)
		}
		out := map[Key][8]byte{}
		for _, s := range p.Steps {
			out[s.Key] = s.Digest
		}
		return out
	}
	base, same, source, longer := digests("a", 5), digests("a", 5), digests("b", 5), digests("a", 6)
	for _, key := range []Key{"part", "all", "share"} {
		if base[key] != same[key] {
			t.Errorf("%s: differs from itself", key)
		}
		if base[key] == source[key] {
			t.Errorf("%s: another source, the same digest", key)
		}
	}
	if base["part"] != longer["part"] || base["share"] != longer["share"] || base["all"] == longer["all"] {
		t.Error("a longer range must keep the digest of its tasks and change that of its total")
	}
}

func TestPlanCullsAndOrders(t *testing.T) {
	g := shares()
	p, err := g.Plan("share/2")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range p.Steps {
		got = append(got, fmt.Sprintf("%s depth %d priority %d", p.Steps[i].Key, p.Steps[i].Depth, p.Steps[i].Priority))
	}
	want := []string{"part depth 0 priority 1", "sum depth 1 priority 1", "all depth 2 priority 1", "share depth 3 priority 0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if d := cmp.Diff([]Target{{3, 2}}, p.Targets); d != "" {
		t.Errorf("targets -want +got:\n%s", d)
	}
	small, err := g.Cull("sum")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(small.String(), "\n"); got != 2 || small.Validate() != nil {
		t.Errorf("culled to sum, the graph is\n%s", small)
	}
	if _, err := g.Plan("shore"); !errors.Is(err, errs.NotFound) || !strings.Contains(err.Error(), `did you mean "share"`) {
		t.Errorf("unknown target: got %v", err)
	}
}

func TestCostIsPredicted(t *testing.T) {
	p, err := shares().Plan("all")
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Cost()
	if err != nil {
		t.Fatal(err)
	}
	if want := (Cost{Bytes: 1009, CPU: 10*0.5 + 4*2}); c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
}

func TestLocalOpIsNotPortable(t *testing.T) {
	g := shares()
	if ok, why := g.Portable(); !ok {
		t.Errorf("registered ops are not portable: %s", why)
	}
	_, _, lineBefore, _ := runtime.Caller(0)
	op := Local("here", func(_ context.Context, in parseArgs) (int64, error) { return 0, nil }, nil)
	op.Add(g, "closure", parseArgs{})
	ok, why := g.Portable()
	if ok || !strings.Contains(why, "task closure") || !strings.Contains(why, fmt.Sprintf("task_test.go:%d", lineBefore+1)) {
		t.Errorf("got %v %q, want the task and the line of task.Local", ok, why)
	}
	if _, err := json.Marshal(g); !errors.Is(err, errs.Unsupported) {
		t.Errorf("JSON of a local graph: got %v, want unsupported", err)
	}
}

func TestRegisterPanics(t *testing.T) {
	for _, name := range []string{"tasktest.parse/v1", "noversion", "Upper/v1", ""} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Register(%q) went well", name)
				}
			}()
			Register(name, func(context.Context, int) (int, error) { return 0, nil }, nil)
		}()
	}
}

func Example() {
	var g Graph
	parts := parse.Range(&g, "parse", 1000, parseArgs{Source: "flights.csv"})
	sum := total.Add(&g, "sum", totalArgs{Counts: parts.All()})
	fmt.Print(&g)
	ok, _ := g.Portable()
	fmt.Println(g.Len(), "tasks, portable:", ok, "target:", sum.Key())
	// Output:
	// parse[1000] = tasktest.parse/v1({"part":<i>,"source":"flights.csv"})
	// sum = tasktest.total/v1({"counts":<parse[:]>})
	// 1001 tasks, portable: true target: sum
}
