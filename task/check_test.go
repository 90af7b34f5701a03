package task

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestValidateNamesTheMistakeAndTheLine(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(g *Graph)
		kind  errs.Kind
		want  string
	}{
		{"key used twice", func(g *Graph) { parse.Range(g, "part", 2, parseArgs{}) }, errs.Exists, "used twice, first at"},
		{"key of a task of a range", func(g *Graph) { total.Add(g, "part/3", totalArgs{}) }, errs.Exists, "also task 3 of range part"},
		{"no key", func(g *Graph) { total.Add(g, "", totalArgs{}) }, errs.Invalid, "key is empty"},
		{"negative length", func(g *Graph) { parse.Range(g, "r", -1, parseArgs{}) }, errs.Invalid, "range of -1 tasks"},
		{"too long", func(g *Graph) { parse.Range(g, "r", MaxRange+1, parseArgs{}) }, errs.TooLarge, "give each task more"},
		{"missing dependency", func(g *Graph) { total.Add(g, "t", totalArgs{SpanOf[int64]("parts", 10).All()}) }, errs.NotFound, `no task "parts" in the graph (did you mean "part"?)`},
		{"missing after", func(g *Graph) { total.Add(g, "t", totalArgs{}, After("part/10")) }, errs.NotFound, `no task "part/10"`},
		{"range taken as a task", func(g *Graph) { scale.Add(g, "t", scaleArgs{Mine: NodeOf[int64]("part").Out()}) }, errs.Shape, "part, which is a range of 10"},
		{"task taken as a range", func(g *Graph) { total.Add(g, "t", totalArgs{SpanOf[int64]("one", 1).All()}) }, errs.Shape, "one, which is a single task"},
		{"beyond the range", func(g *Graph) { scale.Add(g, "t", scaleArgs{Mine: SpanOf[int64]("part", 99).At(10)}) }, errs.Shape, "task 10 of part, which is a range of 10"},
		{"before the range", func(g *Graph) { scale.Add(g, "t", scaleArgs{Mine: SpanOf[int64]("part", 99).At(-1)}) }, errs.Invalid, "task -1"},
		{"each of another length", func(g *Graph) {
			scaleRange.Range(g, "t", 9, scaleRangeArgs{Scale: scaleArgs{Mine: SpanOf[int64]("part", 10).Each()}})
		}, errs.Shape, "each of part, which is a range of 10, in a range of 9"},
		{"each in a single task", func(g *Graph) { scale.Add(g, "t", scaleArgs{Mine: SpanOf[int64]("part", 10).Each()}) }, errs.Shape, "in a single task"},
		{"groups of another length", func(g *Graph) { total.Range(g, "t", 4, totalArgs{SpanOf[int64]("part", 10).Groups(4)}) }, errs.Shape, "expected a range of 3"},
		{"groups of nothing", func(g *Graph) { total.Range(g, "t", 4, totalArgs{SpanOf[int64]("part", 10).Groups(0)}) }, errs.Invalid, "groups of 0"},
		{"index in a single task", func(g *Graph) { parse.Add(g, "t", parseArgs{}) }, errs.Invalid, "add it as a Range"},
		{"all tasks alike", func(g *Graph) { total.Range(g, "t", 4, totalArgs{}) }, errs.Invalid, "all 4 tasks of the range are the same"},
		{"unknown op", func(g *Graph) { g.Put(Task{Key: "t", Op: "tasktest.totl/v1", Args: []byte("{}")}) }, errs.NotFound, `did you mean "tasktest.total/v1"`},
		{"wrong type", func(g *Graph) { g.Put(Task{Key: "t", Op: "tasktest.total/v1", Args: []byte(`{"counts":7}`)}) }, errs.Invalid, "arguments of tasktest.total/v1"},
		{"no JSON", func(g *Graph) { g.Put(Task{Key: "t", Op: "tasktest.total/v1", Args: []byte(`{`)}) }, errs.Invalid, "no JSON"},
		{"unknown mode", func(g *Graph) {
			g.Put(Task{Key: "t", Op: "tasktest.total/v1", Args: []byte(`{"counts": {"$task": {"mode":"some"}}}`)})
		}, errs.Invalid, `mode "some"`},
		{"misspelled reference", func(g *Graph) {
			g.Put(Task{Key: "t", Op: "tasktest.total/v1", Args: []byte(`{"counts": {"$task": {"mode":"all","kee":"part"}}}`)})
		}, errs.Invalid, "kee"},
		{"needs itself", func(g *Graph) { total.Add(g, "t", totalArgs{}, After("t")) }, errs.Invalid, "a cycle: t needs t"},
		{"cycle", func(g *Graph) {
			total.Add(g, "x", totalArgs{}, After("y"))
			scale.Add(g, "y", scaleArgs{Mine: NodeOf[int64]("z").Out()})
			total.Range(g, "z", 1, totalArgs{}, After("x"))
			total.Add(g, "w", totalArgs{}, After("x"))
		}, errs.Shape, "z, which is a range"},
		{"long cycle", func(g *Graph) {
			total.Add(g, "w", totalArgs{}, After("x"))
			total.Add(g, "x", totalArgs{}, After("y"))
			scale.Add(g, "y", scaleArgs{Mine: SpanOf[int64]("z", 1).At(0)})
			total.Range(g, "z", 1, totalArgs{}, After("x"))
		}, errs.Invalid, "a cycle: x needs y needs z needs x"},
	} {
		var g Graph
		parse.Range(&g, "part", 10, parseArgs{})
		total.Add(&g, "one", totalArgs{})
		c.build(&g)
		err := g.Validate()
		if !errors.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.want) || !strings.Contains(fmt.Sprint(err), "check_test.go:") {
			t.Errorf("%s: got %v, want %v with %q and the line", c.name, err, c.kind, c.want)
		}
	}
}

func TestMistakesAreListedButNotAll(t *testing.T) {
	var g Graph
	for i := range 25 {
		total.Add(&g, Key(fmt.Sprint(i)), totalArgs{}, After("nobody"))
	}
	err := g.Validate().Error()
	if n := strings.Count(err, "nobody"); n != 10 || !strings.Contains(err, "and 15 more") {
		t.Errorf("%d mistakes listed in %s", n, err)
	}
}

// A chain as long as a graph may be needs no deep stack.
func TestLongChain(t *testing.T) {
	var g Graph
	last := total.Add(&g, "0", totalArgs{})
	for i := range 50_000 {
		last = total.Add(&g, Key(fmt.Sprint(i+1)), totalArgs{}, After(last.Key()))
	}
	p, err := g.Plan(last.Key())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Steps); n != 50_001 || p.Steps[n-1].Depth != 50_000 {
		t.Errorf("%d steps of depth %d", n, p.Steps[n-1].Depth)
	}
}

// Whatever a graph's JSON is, reading and planning it ends without a panic, and
// what can be planned is written and read the same.
func FuzzGraphJSON(f *testing.F) {
	data, err := json.Marshal(shares())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`[{"key":"a","op":"tasktest.total/v1","args":{"counts":[{"$task":{"mode":"key","key":"a"}}]}}]`))
	f.Add([]byte(`[{"key":"a","range":true,"n":9223372036854775807,"op":"tasktest.parse/v1","args":{"part":{"$task":{"mode":"index"}}}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var g Graph
		if json.Unmarshal(data, &g) != nil {
			return
		}
		if _, err := g.Plan(); err != nil {
			return
		}
		out, err := json.Marshal(&g)
		if err != nil {
			t.Fatal(err)
		}
		var back Graph
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if g.String() != back.String() {
			t.Errorf("written\n%s\nread\n%s", &g, &back)
		}
	})
}
