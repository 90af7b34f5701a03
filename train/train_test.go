package train_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	_ "github.com/outcore/outcore/linear"
	"github.com/outcore/outcore/memory"
	_ "github.com/outcore/outcore/preprocess"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/train"
)

// table is n rows of three features on different scales, some missing, a text
// column, a regression target (missing now and then) and a class.
func table(n int) []byte {
	rng := rand.New(rand.NewPCG(7, 11))
	var b bytes.Buffer
	b.WriteString("small,wide,hole,city,y,class\n")
	cities := []string{"Oslo", "Lima", "\"Rome, IT\""}
	for i := range n {
		small, wide := rng.NormFloat64(), 1000+500*rng.NormFloat64()
		hole := fmt.Sprint(rng.IntN(100))
		if i%13 == 5 {
			hole = ""
		}
		k := rng.IntN(3)
		y := fmt.Sprintf("%.4f", 3*small+0.01*wide+float64(k)+0.1*rng.NormFloat64())
		if i%97 == 41 {
			y = "NA"
		}
		class := "no"
		if 3*small+0.01*wide > 10 {
			class = "yes"
		}
		fmt.Fprintf(&b, "%.6f,%.3f,%s,%s,%s,%s\n", small, wide, hole, cities[k], y, class)
	}
	return b.Bytes()
}

// A job is a run of train under a test's hands.
type job struct {
	path     string
	pipeline string
	target   string
	leave    []string
	segment  int
	skip     int64 // bad rows
	jobs     int
	memory   int64
	change   func(*train.Config)
	events   event.Sink
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (j job) run(t *testing.T) (*train.Result, *compose.Pipeline, error) {
	t.Helper()
	if j.memory == 0 {
		j.memory = 512 << 20
	}
	budget, err := memory.New(memory.Options{Cap: j.memory})
	if err != nil {
		t.Fatal(err)
	}
	defer budget.Close()
	pool := &source.Pool{}
	ds, err := source.Open(t.Context(), []string{j.path}, source.Options{SegmentBytes: j.segment, SkipBadRows: j.skip, Memory: pool, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	p, err := compose.Parse(j.pipeline)
	if err != nil {
		t.Fatal(err)
	}
	c := train.Config{
		Data: ds, Pipeline: p, Roles: feature.Roles{Target: j.target, Leave: j.leave}, Batch: 100, Holdout: 0.2, Seed: 1,
		Jobs: max(j.jobs, 1), Budget: budget, Pool: pool, Events: j.events,
	}
	if j.change != nil {
		j.change(&c)
	}
	r, err := train.Run(t.Context(), c)
	return r, p, err
}

// state is all the bits a pipeline learned.
func state(t *testing.T, p *compose.Pipeline) string {
	t.Helper()
	b, err := p.State()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var regression = job{pipeline: "impute(columns=[hole]) | scale | one-hot | sgd-regressor", target: "y", leave: []string{"class"}}

func TestTheSameBitsHoweverTheWorkIsCut(t *testing.T) {
	data := table(9000)
	plain := write(t, "t.csv", data)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(data); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	packed := write(t, "t.csv.gz", z.Bytes())
	for name, j := range map[string]job{
		"regression":     regression,
		"classification": {pipeline: "impute(columns=[hole]) | scale | one-hot | sgd-classifier(loss=log_loss, penalty=l1)", target: "class", leave: []string{"y"}},
		"online": {pipeline: "scale | sgd-regressor", target: "y", leave: []string{"class", "city", "hole"}, change: func(c *train.Config) {
			c.Online = true
		}},
		"epochs": {pipeline: "drop(columns=[hole, city]) | scale | sgd-regressor", target: "y", leave: []string{"class"}, change: func(c *train.Config) {
			c.Epochs = 3
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var want, wantScore string
			for _, jobs := range []int{1, 2, 7} {
				for _, segment := range []int{1500, 40_000, 1 << 20} {
					for _, path := range []string{plain, packed} {
						for _, cap := range []int64{256 << 20, 1 << 30} {
							if (cap > 256<<20 || path == packed) && jobs != 2 {
								continue
							}
							j := j
							j.path, j.jobs, j.segment, j.memory = path, jobs, segment, cap
							r, p, err := j.run(t)
							if err != nil {
								t.Fatal(err)
							}
							got, score := state(t, p), fmt.Sprint(r.Score, r.Epochs, r.Trained, r.HeldOut, r.NoTarget)
							if want == "" {
								want, wantScore = got, score
							}
							if got != want || score != wantScore {
								t.Fatalf("%d jobs, segments of %d, %s, %d MiB: another model\n%s\n%s", jobs, segment, filepath.Base(path), cap>>20, score, wantScore)
							}
						}
					}
				}
			}
		})
	}
}

func TestWhatIsLearnedIsGood(t *testing.T) {
	j := regression
	j.path = write(t, "t.csv", table(9000))
	r, _, err := j.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if r.Score["r2"] < 0.95 || r.Score["mse"] > r.Baseline["mse"]/10 || math.Abs(float64(r.Baseline["r2"])) > 0.01 {
		t.Errorf("score %v, baseline %v", r.Score, r.Baseline)
	}
	if r.NoTarget != 93 || r.Rows != 9000-93 || r.Trained+r.HeldOut != r.Rows {
		t.Errorf("rows %+v", r)
	}
	if share := float64(r.HeldOut) / float64(r.Rows); share < 0.18 || share > 0.22 {
		t.Errorf("%.3f held out, expected about 0.2", share)
	}
	if got := strings.Join(r.Passes, "; "); got != "fit imputer; fit standard-scaler, one-hot; learn" {
		t.Errorf("passes: %s", got)
	}
}

// A store in memory that stops working at the k-th write.
type failing struct {
	files map[string][]byte
	left  int
}

var errBroken = errors.New("broken on purpose")

func (s *failing) ReadAll(name string, limit int64) ([]byte, error) {
	if b, ok := s.files[name]; ok {
		return b, nil
	}
	return nil, errs.New(errs.NotFound, "%s", name)
}

func (s *failing) Put(name string, data []byte) error {
	if s.left--; s.left < 0 {
		return errBroken
	}
	s.files[name] = bytes.Clone(data)
	return nil
}

func (s *failing) Remove(name string) error {
	delete(s.files, name)
	return nil
}

func TestARunThatStopsAnywhereGoesOn(t *testing.T) {
	path := write(t, "t.csv", table(3000))
	for name, j := range map[string]job{
		"passes": regression,
		"epochs": {pipeline: "scale | sgd-regressor(penalty=l1)", target: "y", leave: []string{"class", "city", "hole"}, change: func(c *train.Config) { c.Epochs = 2 }},
		"online": {pipeline: "scale | sgd-classifier", target: "class", leave: []string{"y", "city", "hole"}, change: func(c *train.Config) { c.Online = true }},
	} {
		t.Run(name, func(t *testing.T) {
			j.path, j.jobs, j.segment = path, 2, 5000
			whole, p, err := j.run(t)
			if err != nil {
				t.Fatal(err)
			}
			want := state(t, p)
			// Stop after every k-th checkpoint until the run comes through.
			for _, step := range []int{1, 2, 3, 7} {
				store := &failing{files: map[string][]byte{}}
				change := j.change
				again := j
				again.change = func(c *train.Config) {
					if change != nil {
						change(c)
					}
					c.Checkpoints, c.CheckpointEvery = store, time.Nanosecond
				}
				stops := 0
				for {
					store.left = step
					r, p, err := again.run(t)
					if err == nil {
						if got := state(t, p); got != want {
							t.Fatalf("stopped every %d checkpoints: another model", step)
						}
						if r.Trained != whole.Trained || r.NoTarget != whole.NoTarget || fmt.Sprint(r.Epochs, r.Score, r.Baseline) != fmt.Sprint(whole.Epochs, whole.Score, whole.Baseline) {
							t.Fatalf("stopped every %d checkpoints: %+v, undisturbed %+v", step, r, whole)
						}
						break
					}
					if !errors.Is(err, errBroken) {
						t.Fatal(err)
					}
					if stops++; stops > 500 {
						t.Fatal("no progress")
					}
				}
				if stops < 3 {
					t.Errorf("stopped %d times only: nothing was tested", stops)
				}
			}
		})
	}
}

func TestACheckpointOfAnotherRunIsRefused(t *testing.T) {
	store := &failing{files: map[string][]byte{}, left: 2}
	j := regression
	j.path = write(t, "t.csv", table(2000))
	j.change = func(c *train.Config) { c.Checkpoints, c.CheckpointEvery = store, time.Nanosecond }
	if _, _, err := j.run(t); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	other := j
	other.change = func(c *train.Config) { c.Checkpoints, c.Batch = store, 200 }
	if _, _, err := other.run(t); !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), `--batch was "100", is "200"`) || !strings.Contains(err.Error(), "--restart") {
		t.Errorf("other options: %v", err)
	}
	for name, bad := range map[string][]byte{"cut": store.files["train.checkpoint"][:100], "empty": {}, "noise": bytes.Repeat([]byte{0xff}, 64)} {
		good := store.files["train.checkpoint"]
		store.files["train.checkpoint"] = bad
		if _, _, err := j.run(t); !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "--restart") {
			t.Errorf("%s: %v", name, err)
		}
		store.files["train.checkpoint"] = good
	}
}

func TestDivergenceStopsAndSaysWhy(t *testing.T) {
	j := job{pipeline: "sgd-regressor", target: "y", leave: []string{"class", "city", "hole"}, path: write(t, "t.csv", table(2000))}
	_, _, err := j.run(t)
	if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "overshoots") || !strings.Contains(err.Error(), "scale | sgd-regressor") {
		t.Errorf("got %v", err)
	}
	j.change = func(c *train.Config) { c.KeepDiverged = true }
	r, _, err := j.run(t)
	if err != nil || r.Diverged == nil || r.Diverged.Batches != 1 || !(r.Score["mse"] > 1e6) {
		t.Errorf("kept: %+v, %v", r, err)
	}
}

func TestAColumnThatGivesTheTargetAwayIsNamed(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("x,leak,y\n")
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		x, y := rng.NormFloat64(), rng.NormFloat64()
		fmt.Fprintf(&b, "%g,%g,%g\n", x, -5*y, y)
	}
	var warned []string
	j := job{pipeline: "scale | sgd-regressor", target: "y", path: write(t, "t.csv", b.Bytes()), events: func(e event.Event) {
		if e.Kind == event.Warning {
			warned = append(warned, e.Message)
		}
	}}
	r, _, err := j.run(t)
	if err != nil || len(r.Suspects) != 1 || r.Suspects[0].Name != "leak" || len(warned) != 1 || !strings.Contains(warned[0], "--leave leak") {
		t.Errorf("suspects %+v, warnings %q, %v", r.Suspects, warned, err)
	}
}

func TestAColumnOfWideSparseRowsThatGivesTheTargetAwayIsNamed(t *testing.T) {
	var b bytes.Buffer
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 3000 {
		fmt.Fprintf(&b, "%d", i%2)
		for j := 1 + rng.IntN(900); j < 5000; j += 1 + rng.IntN(900) {
			fmt.Fprintf(&b, " %d:%.2f", j, rng.Float64())
		}
		if i%2 == 1 {
			b.WriteString(" 5000:4")
		}
		b.WriteByte('\n')
	}
	for _, online := range []bool{false, true} {
		var warned []string
		j := job{pipeline: "sgd-classifier(loss=log_loss)", path: write(t, "t.svm", b.Bytes()), segment: 8 << 10, events: func(e event.Event) {
			if e.Kind == event.Warning {
				warned = append(warned, e.Message)
			}
		}, change: func(c *train.Config) { c.Online = online }}
		r, _, err := j.run(t)
		if err != nil || len(r.Suspects) != 1 || r.Suspects[0].Name != "f4999" || !(r.Suspects[0].Target > 0.999) || len(warned) != 1 || !strings.Contains(warned[0], "--leave f4999") {
			t.Errorf("online %v: suspects %+v, warnings %q, %v", online, r, warned, err)
		}
	}
}

func TestWhatCannotBeLearnedIsSaidBeforeReading(t *testing.T) {
	path := write(t, "t.csv", table(50))
	for name, c := range map[string]struct {
		j    job
		kind errs.Kind
		says string
	}{
		"no target":      {job{pipeline: "scale | sgd-regressor"}, errs.Invalid, "--target"},
		"unknown target": {job{pipeline: "scale | sgd-regressor", target: "yy"}, errs.NotFound, `did you mean "y"`},
		"text columns":   {job{pipeline: "scale | sgd-regressor", target: "y"}, errs.Invalid, "one-hot"},
		"one class": {job{pipeline: "scale | sgd-classifier", target: "city", leave: []string{"class", "hole"}, change: func(c *train.Config) {
			c.Classes = []string{"Oslo"}
		}}, errs.Invalid, "2 classes or more"},
		"used and left": {job{pipeline: "scale | sgd-regressor", target: "y", leave: []string{"wide"}, change: use("small", "wide")}, errs.Invalid, "column wide is in --use and in --leave"},
		"target used":   {job{pipeline: "scale | sgd-regressor", target: "y", change: use("small", "y")}, errs.Invalid, "column y is to be predicted and learned from"},
		"text target":   {job{pipeline: "scale | sgd-regressor", target: "class", leave: []string{"city"}}, errs.Invalid, "sgd-regressor learns numbers"},
		"bad holdout":   {job{pipeline: "scale | sgd-regressor", target: "y", change: func(c *train.Config) { c.Holdout = 1 }}, errs.Invalid, "--holdout"},
	} {
		c.j.path = path
		if _, _, err := c.j.run(t); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, expected a %v that says %q", name, err, c.kind, c.says)
		}
	}
}

// use says which columns to learn from.
func use(names ...string) func(*train.Config) {
	return func(c *train.Config) {
		var err error
		if c.Roles.Inputs, err = train.Use(c.Data, names); err != nil {
			panic(err)
		}
	}
}

func TestManyWorkersMakeDoWithTheMemoryThereIs(t *testing.T) {
	j := regression
	j.path = write(t, "t.csv", table(3000))
	_, want, err := j.run(t)
	if err != nil {
		t.Fatal(err)
	}
	j.jobs, j.memory = 64, 128<<20
	_, got, err := j.run(t)
	if err != nil || state(t, got) != state(t, want) {
		t.Errorf("64 workers in 128 MiB: another model, or %v", err)
	}
}

func TestWhatFailedForGoodLeavesNoCheckpoint(t *testing.T) {
	store := &failing{files: map[string][]byte{}, left: 1 << 30}
	j := job{pipeline: "scale | sgd-regressor(eta0=1e6, learning_rate=constant)", target: "y", leave: []string{"class", "city", "hole"}, path: write(t, "t.csv", table(2000))}
	j.change = func(c *train.Config) { c.Checkpoints, c.CheckpointEvery = store, time.Nanosecond }
	if _, _, err := j.run(t); err == nil || len(store.files) != 0 {
		t.Fatalf("%v, with %d files left", err, len(store.files))
	}
	j.pipeline = "scale | sgd-regressor"
	if _, _, err := j.run(t); err != nil {
		t.Errorf("the cure: %v", err)
	}
}

func TestGuessingLooksAtWeightsToo(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("x,y,w\n")
	rng := rand.New(rand.NewPCG(5, 5))
	for range 4000 {
		x := rng.NormFloat64()
		fmt.Fprintf(&b, "%g,%g,%g\n", x, x, math.Exp(2*x))
	}
	j := job{pipeline: "scale | sgd-regressor", target: "y", path: write(t, "t.csv", b.Bytes()), change: func(c *train.Config) { c.Roles.Weight = "w" }}
	r, _, err := j.run(t)
	if err != nil || math.Abs(float64(r.Baseline["r2"])) > 0.02 {
		t.Errorf("guessing scores %v, %v", r.Baseline, err)
	}
}

func TestAModelKnowsTheRunThatMadeIt(t *testing.T) {
	path := write(t, "t.csv", table(500))
	made := func(change func(*train.Config)) bool {
		var m *compose.Model
		j := regression
		j.path = path
		j.change = func(c *train.Config) {
			first := *c
			first.Pipeline = c.Pipeline.Clone()
			r, err := train.Run(t.Context(), first)
			if err != nil {
				t.Fatal(err)
			}
			if m, err = train.NewModel(t.Context(), first, r, []string{path}, "test"); err != nil {
				t.Fatal(err)
			}
			again := *c
			again.Pipeline = c.Pipeline.Clone()
			change(&again)
			same, err := train.Made(t.Context(), m, again, []string{path})
			if err != nil {
				t.Fatal(err)
			}
			c.Identity = map[string]string{"same": fmt.Sprint(same)}
		}
		var same string
		keep := j.change
		j.change = func(c *train.Config) { keep(c); same = c.Identity["same"] }
		if _, _, err := j.run(t); err != nil {
			t.Fatal(err)
		}
		return same == "true"
	}
	if !made(func(*train.Config) {}) {
		t.Error("the same run is not known")
	}
	if made(func(c *train.Config) { c.Seed = 9 }) || made(func(c *train.Config) {
		c.Roles.Leave = []string{"class", "hole"}
		c.Pipeline, _ = compose.Parse("one-hot | scale | sgd-regressor")
	}) {
		t.Error("another run was taken for it")
	}
}

func TestTooLittleMemoryIsRefusedFirst(t *testing.T) {
	j := regression
	j.path = write(t, "t.csv", table(500))
	j.memory = memory.Base + 1<<20
	_, _, err := j.run(t)
	var refused *memory.RefusedError
	if !errors.As(err, &refused) || refused.Need <= j.memory {
		t.Errorf("got %v", err)
	}
}
