package ndarray

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/engine/local"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/task"
	"github.com/outcore/outcore/zarr"
)

var rewrite = flag.Bool("rewrite", false, "make testdata again, with the Python of OUTCORE_PEER_PYTHON")

const (
	goldenSeed  = 1
	goldenCases = 4000
)

// A npArray is an array, or a number, of the script.
type npArray struct {
	Type   string `json:"dtype"`
	Shape  []int  `json:"shape"`
	Data   []byte `json:"data"`
	Number string `json:"number"`
}

// A npCase is one line of the script; see testdata/numpy_cases.py.
type npCase struct {
	Op      string          `json:"op"`
	Args    []npArray       `json:"args"`
	Select  string          `json:"select"`
	Select2 string          `json:"select2"`
	Name    string          `json:"name"`
	Type    string          `json:"dtype"`
	Axes    []int           `json:"axes"`
	Keep    bool            `json:"keepdims"`
	DDoF    int             `json:"ddof"`
	Q       []float64       `json:"q"`
	Want    *npArray        `json:"want"`
	Error   string          `json:"error"`
	Tol     json.RawMessage `json:"tol"`
}

func peer(t *testing.T) string {
	python := os.Getenv("OUTCORE_PEER_PYTHON")
	if python == "" {
		t.Skip("NOT COMPARED WITH A LIVE NUMPY: run `make peer` and set OUTCORE_PEER_PYTHON as it says")
	}
	return python
}

func runScript(t *testing.T, python string, seed, n int) []byte {
	cmd := exec.Command(python, "testdata/numpy_cases.py", strconv.Itoa(seed), strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNumPyGolden(t *testing.T) {
	const file = "testdata/numpy.jsonl.zst"
	if *rewrite {
		w, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
		if err := os.WriteFile(file, w.EncodeAll(runScript(t, peer(t), goldenSeed, goldenCases), nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := checkCases(t, r); n != goldenCases {
		t.Errorf("%d cases, want %d", n, goldenCases)
	}
}

func TestNumPyLive(t *testing.T) {
	python := peer(t)
	n := 1500
	if os.Getenv("OUTCORE_TORTURE") != "" {
		n = 100000
	}
	seed := rand.IntN(1 << 30)
	t.Logf("seed %d", seed)
	checkCases(t, bytes.NewReader(runScript(t, python, seed, n)))
}

func checkCases(t *testing.T, r io.Reader) (n int) {
	small(t)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	failures := 0
	runners := []task.Runner{engine(1), metered(t), engine(7)}
	for lines.Scan() {
		var c npCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if msg := checkCase(&c, n, runners); msg != "" {
			t.Errorf("case %d: %s\n%.600s", n, msg, lines.Text())
			if failures++; failures > 20 {
				t.Fatal("and so on")
			}
		}
		n++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

// small makes tiles and parts tiny, so that small arrays have many.
func small(t testing.TB) {
	oldTask, oldPart, oldGather, oldTable := taskElems, partElems, gatherBytes, tableBytes
	makeSmall()
	t.Cleanup(func() { taskElems, partElems, gatherBytes, tableBytes = oldTask, oldPart, oldGather, oldTable })
}

func makeSmall() { taskElems, partElems, gatherBytes, tableBytes = 8, 16, 256, 32<<10 }

// lay makes an array of a: in memory, or stored in chunks of random shape.
func lay(a npArray, s zarr.Store, name string, rng *rand.Rand) (any, error) {
	if a.Number != "" {
		switch a.Number {
		case "True":
			return true, nil
		case "False":
			return false, nil
		}
		if i, err := strconv.ParseInt(a.Number, 10, 64); err == nil {
			return i, nil
		}
		if u, err := strconv.ParseUint(a.Number, 10, 64); err == nil {
			return u, nil
		}
		return strconv.ParseFloat(a.Number, 64)
	}
	typ, err := dtype.Parse(a.Type)
	if err != nil {
		return nil, err
	}
	v := &Values{Type: typ, Shape: a.Shape, Data: a.Data}
	if rng.IntN(3) == 0 {
		return v.Array(), nil
	}
	chunks := make([]uint64, len(a.Shape))
	for k, n := range a.Shape {
		chunks[k] = uint64(1 + rng.IntN(max(1, n+1)))
	}
	ctx := context.Background()
	if err := v.Array().Save(ctx, engine(1+rng.IntN(2)), s, name, WithMeta(zarr.MetaOptions{Chunks: chunks})); err != nil {
		return nil, err
	}
	return OpenAny(ctx, s, name)
}

func engine(workers int) task.Runner { return local.New(local.Config{Workers: workers}) }

// metered runs two tasks at a time, each in the memory it asked for: one that
// takes more fails.
func metered(t testing.TB) task.Runner {
	b, err := memory.New(memory.Options{Cap: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return local.New(local.Config{Workers: 2, Reserve: local.Admission(b)})
}

// build makes the lazy array of a case.
func (c *npCase) build(args []any) Any {
	x, _ := args[0].(Any)
	if x.n == nil {
		x = Scalar(args[0])
	}
	switch c.Op {
	case "slice", "slice2":
		for _, text := range []string{c.Select, c.Select2} {
			index, err := ParseSelection(text)
			if err != nil {
				return Any{failed(err)}
			}
			x = x.Slice(index...)
		}
		return x
	case "where":
		return Where(args[0], args[1], args[2])
	case "cast":
		typ, _ := dtype.Parse(c.Type)
		return x.Cast(typ)
	case "reduce":
		return c.reduce(x)
	case "matmul":
		return x.MatMul(args[1])
	case "transpose":
		if len(c.Axes) == 0 {
			return x
		}
		return x.Transpose(c.Axes...)
	case "chain":
		return Where(x.Gt(0), x.Add(args[1]).Mul(2).Sub(1), args[1].(Any).Abs())
	}
	if len(args) == 2 {
		return x.binary(op(c.Op), args[1])
	}
	return x.Apply(c.Op)
}

func (c *npCase) reduce(x Any) Any {
	opts := []ReduceOption{Axes(c.Axes...), DDoF(c.DDoF)}
	if c.Keep {
		opts = append(opts, KeepDims())
	}
	name, skip := strings.CutPrefix(c.Name, "nan")
	if skip {
		opts = append(opts, SkipNaN())
	}
	return x.reduced(reduceOp(name), opts)
}

// float16 is what we have no type for: NumPy's answer is then only near ours.
func (c *npCase) half() bool { return c.Want != nil && c.Want.Type == "float16" }

// ours is where we differ, and say so in the documentation.
func (c *npCase) ours(err error) bool {
	switch {
	case c.half():
		return true
	case c.Op == "where" && err != nil && errors.Is(err, errs.Invalid): // NumPy cuts a number that is out of range
		return true
	case c.Op == "quantile" && count(c.Args[0].Shape) == 0: // an error of one or the other kind, or nothing
		return true
	case (classes[op(c.Op)] == classTruth || classes[op(c.Op)] == classCompare) && c.Error == "OverflowError": // any number will do
		return err == nil
	}
	return false
}

// eitherZero reports operations of which NumPy does not say which of 0 and −0
// they give.
func (c *npCase) eitherZero() bool {
	switch c.Op + c.Name {
	case "minimum", "maximum", "reducemin", "reducemax", "reducenanmin", "reducenanmax", "quantile":
		return true
	}
	return false
}

func checkCase(c *npCase, seed int, runners []task.Runner) string {
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(uint64(seed), 7))
	s := zarr.NewMem()
	args := make([]any, len(c.Args))
	for i, a := range c.Args {
		var err error
		if args[i], err = lay(a, s, fmt.Sprintf("/a%d", i), rng); err != nil {
			return err.Error()
		}
	}
	var first *Values
	for i, run := range runners {
		var got *Values
		var err error
		switch c.Op {
		case "assign":
			got, err = c.assign(ctx, s, args, run)
		case "quantile":
			got, err = args[0].(Any).Quantiles(ctx, run, c.Q, []ReduceOption{Axes(c.Axes...)})
		default:
			got, err = c.build(args).Compute(ctx, run)
		}
		if c.ours(err) {
			return ""
		}
		if err != nil {
			if c.Error == "" {
				return "error " + err.Error()
			}
			return ""
		}
		if c.Error != "" {
			return "no error, want " + c.Error
		}
		if first == nil {
			first = got
			if msg := c.compare(got); msg != "" {
				return msg
			}
		} else if !bytes.Equal(first.Data, got.Data) {
			return fmt.Sprintf("runner %d gives other bits than the first", i)
		}
	}
	return ""
}

func (c *npCase) assign(ctx context.Context, s zarr.Store, args []any, run task.Runner) (*Values, error) {
	index, err := ParseSelection(c.Select)
	if err != nil {
		return nil, err
	}
	a := args[0].(Any)
	if a.n.kind != kindLoad {
		_ = s.DeleteNode(ctx, "/a0")
		if err := a.Save(ctx, run, s, "/a0"); err != nil {
			return nil, err
		}
		if a, err = OpenAny(ctx, s, "/a0"); err != nil {
			return nil, err
		}
	}
	if err := Assign(ctx, run, s, "/a0", index, args[1]); err != nil {
		return nil, err
	}
	return a.Compute(ctx, run)
}

func (c *npCase) compare(got *Values) string {
	w := c.Want
	if got.Type.String() != w.Type {
		return fmt.Sprintf("type %v, want %s", got.Type, w.Type)
	}
	if !slices.Equal(got.Shape, w.Shape) {
		return fmt.Sprintf("shape %v, want %v", got.Shape, w.Shape)
	}
	want := &Values{Type: got.Type, Shape: w.Shape, Data: w.Data}
	if !got.Type.Float() {
		if !bytes.Equal(got.Data, w.Data) {
			return fmt.Sprintf("got %v, want %v", got.text(), want.text())
		}
		return ""
	}
	x, y := got.Float64(), want.Float64()
	var tol *npArray
	ulps := 0.0
	switch c.Tol[0] {
	case '{':
		tol = new(npArray)
		if err := json.Unmarshal(c.Tol, tol); err != nil {
			return err.Error()
		}
	case '"':
	default:
		_ = json.Unmarshal(c.Tol, &ulps)
	}
	for i := range x {
		allow := 0.0
		switch {
		case tol != nil:
			allow = view[float64](tol.Data)[i]
		case ulps > 0:
			eps := 0x1p-52
			if got.Type == dtype.Float32 {
				eps = 0x1p-23
			}
			allow = ulps * eps * math.Abs(y[i])
		}
		same := x[i] == y[i] || x[i] != x[i] && y[i] != y[i] || math.Abs(x[i]-y[i]) <= allow
		if same && x[i] == 0 && y[i] == 0 && tol == nil && !c.eitherZero() && math.Signbit(x[i]) != math.Signbit(y[i]) {
			same = false
		}
		if !same {
			return fmt.Sprintf("element %d: got %v, want %v ± %v\ngot  %v\nwant %v", i, x[i], y[i], allow, got.text(), want.text())
		}
	}
	return ""
}

func (v *Values) text() string {
	s := fmt.Sprint(v.Float64())
	return s[:min(len(s), 400)]
}
