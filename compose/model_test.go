package compose

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// memory is a Store in memory that remembers the order of writes.
type memory struct {
	files map[string][]byte
	order []string
}

func (m *memory) ReadAll(name string, limit int64) ([]byte, error) {
	b, ok := m.files[name]
	if !ok {
		return nil, errs.New(errs.NotFound, "no %s", name)
	}
	if int64(len(b)) > limit {
		return nil, errs.New(errs.Corrupt, "%s has %d bytes, expected at most %d", name, len(b), limit)
	}
	return slices.Clone(b), nil
}

func (m *memory) Put(name string, data []byte) error {
	if m.files == nil {
		m.files = map[string][]byte{}
	}
	m.files[name] = slices.Clone(data)
	m.order = append(m.order, name)
	return nil
}

// trained is a model of text, fitted on made-up flights.
func trained(t testing.TB, text string) *Model {
	t.Helper()
	s := newFlights(6000)
	s.class = strings.Contains(text, "classifier")
	p := parsed(t, text)
	fit(t, p, s, 1000, 1)
	return &Model{
		Pipeline: p, Target: Target{Name: "arr_delay", Classes: s.class},
		Training: Training{Rows: 6000, Epochs: 1, Batch: 1000, Seed: math.MaxUint64, Holdout: 0.2,
			Scores: map[string]Score{"mse": 1.5, "r2": Score(math.Inf(-1)), "mae": Score(nan())}},
		Data:    []Data{{Address: "flights.csv", Digest: "7b1e", Rows: 6000}},
		Lineage: Lineage{Program: "outcore test"},
	}
}

func TestSaveThenLoadGivesTheSameModel(t *testing.T) {
	for _, text := range []string{real, "dates | one-hot | impute | scale | sgd-classifier(loss=log_loss)", "drop(columns=[carrier, origin, sched]) | impute"} {
		var m *Model
		if strings.Contains(text, "sgd") {
			m = trained(t, text)
		} else {
			m = &Model{Pipeline: parsed(t, text)}
			s := newFlights(5000)
			if err := m.Pipeline.Bind(s.schema); err != nil {
				t.Fatal(err)
			}
			pass := m.Pipeline.Plan()[0]
			part, err := m.Pipeline.Part(pass, s.rows(0, 4096))
			if err != nil || m.Pipeline.Merge(pass, part) != nil || m.Pipeline.Finish(pass) != nil {
				t.Fatal(err)
			}
		}
		dir := Dir(filepath.Join(t.TempDir(), "models", "m"))
		digest, err := m.Save(dir)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Load(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		if stored, err := DigestOf(dir); err != nil || stored != digest {
			t.Errorf("%s: the folder's digest is %s, %v, Save gave %s", text, stored, err, digest)
		}
		if again, err := back.Digest(); err != nil || again != digest {
			t.Errorf("%s: digest %s after loading, was %s, %v", text, again, digest, err)
		}
		if m.Pipeline.Learner() == nil {
			continue
		}
		rows := newFlights(0).rows(90_000, 90_500)
		rows.Y = nil
		if a, b := predict(t, m.Pipeline, rows), predict(t, back.Pipeline, rows); !slices.Equal(a, b) {
			t.Errorf("%s: predictions differ after loading", text)
		}
		// Learning on gives the same bits as never having saved.
		s := newFlights(0)
		s.class = m.Target.Classes
		learn(t, m.Pipeline, s.rows(6000, 7000))
		learn(t, back.Pipeline, s.rows(6000, 7000))
		a, _ := m.Digest()
		b, _ := back.Digest()
		if a != b || a == digest {
			t.Errorf("%s: learned on to %s and %s from %s", text, a, b, digest)
		}
	}
}

func TestModelJSONIsWrittenLastAndOldArraysAreRemoved(t *testing.T) {
	m := trained(t, real)
	var store memory
	if _, err := m.Save(&store); err != nil {
		t.Fatal(err)
	}
	if last := store.order[len(store.order)-1]; last != "model.json" {
		t.Errorf("%s was written last", last)
	}
	dir := Dir(t.TempDir())
	if err := os.WriteFile(dir.path("notes.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		learn(t, m.Pipeline, newFlights(0).rows(6000, 7000))
	}
	entries, err := os.ReadDir(string(dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(store.files)+1 {
		t.Errorf("%d files in the folder, expected %d and notes.txt: %v", len(entries), len(store.files), entries)
	}
}

// failing is a Store whose k-th Put fails, having taken effect or not.
type failing struct {
	memory
	left   int
	effect bool
}

func (f *failing) Put(name string, data []byte) error {
	f.left--
	if f.left >= 0 {
		return f.memory.Put(name, data)
	}
	if f.left == -1 && f.effect {
		return errors.Join(f.memory.Put(name, data), errs.New(errs.Unavailable, "the reply is lost"))
	}
	return errs.New(errs.Unavailable, "the disk is gone")
}

func TestASaveThatFailsLeavesTheOldModelOrTheNew(t *testing.T) {
	m := trained(t, real)
	var store memory
	old, err := m.Save(&store)
	if err != nil {
		t.Fatal(err)
	}
	learn(t, m.Pipeline, newFlights(0).rows(6000, 7000))
	whole := len(store.order)
	for k := range whole {
		for _, effect := range []bool{false, true} {
			f := &failing{memory: memory{files: maps.Clone(store.files)}, left: k, effect: effect}
			if _, err := m.Save(f); !errors.Is(err, errs.Unavailable) {
				t.Fatalf("write %d: %v", k, err)
			}
			back, err := Load(&f.memory, 0)
			if err != nil {
				t.Fatalf("after write %d: %v", k, err)
			}
			if got, err := back.Digest(); err != nil || (got == old) == (effect && k == whole-1) {
				t.Errorf("after write %d (took effect: %v): model %s, was %s, %v", k, effect, got, old, err)
			}
		}
	}
}

func TestUnknownKeysAreKept(t *testing.T) {
	var store memory
	if _, err := trained(t, real).Save(&store); err != nil {
		t.Fatal(err)
	}
	text := string(store.files["model.json"])
	text = strings.Replace(text, `"outcore.model/1.0"`, `"outcore.model/1.7"`, 1)
	for _, at := range []string{`"format":`, `"step":`, `"epochs":`, `"program":`, `"address":`} {
		text = strings.Replace(text, at, `"later": {"x": [1, 2.50]}, `+at, 1)
	}
	store.files["model.json"] = []byte(text)
	m, err := Load(&store, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Save(&store); err != nil {
		t.Fatal(err)
	}
	var compact strings.Builder
	for _, line := range strings.Fields(string(store.files["model.json"])) {
		compact.WriteString(line)
	}
	if n := strings.Count(compact.String(), `"later":{"x":[1,2.50]}`); n != 5 {
		t.Errorf("%d of 5 unknown keys were kept:\n%s", n, store.files["model.json"])
	}
}

func TestDamagedModels(t *testing.T) {
	var good memory
	if _, err := trained(t, "drop(columns=[carrier, origin, sched]) | impute | scale | sgd-regressor(eta0=0.001)").Save(&good); err != nil {
		t.Fatal(err)
	}
	array := ""
	for name := range good.files {
		if strings.HasPrefix(name, "weights-") {
			array = name
		}
	}
	change := func(from, to string) func(map[string][]byte) {
		return func(files map[string][]byte) {
			text := string(files["model.json"])
			if !strings.Contains(text, from) {
				t.Fatalf("model.json has no %s:\n%s", from, text)
			}
			files["model.json"] = []byte(strings.Replace(text, from, to, 1))
		}
	}
	for name, c := range map[string]struct {
		do   func(map[string][]byte)
		kind errs.Kind
		want string
	}{
		"no model":          {func(f map[string][]byte) { delete(f, "model.json") }, errs.NotFound, "model.json: no model here"},
		"cut short":         {func(f map[string][]byte) { f["model.json"] = f["model.json"][:200] }, errs.Corrupt, "model.json: byte 200: this is no model, or a damaged one: unexpected end of JSON input"},
		"not a model":       {change("outcore.model", "other.model"), errs.Corrupt, `model.json: format: found "other.model/1.0"`},
		"newer major":       {change("model/1.0", "model/2.0"), errs.Unsupported, "model.json: format: found outcore.model/2.0"},
		"array missing":     {func(f map[string][]byte) { delete(f, array) }, errs.Corrupt, array + ": the file is missing"},
		"array shorter":     {func(f map[string][]byte) { f[array] = f[array][:8] }, errs.Corrupt, array + ": found 8 bytes, expected 16"},
		"array longer":      {func(f map[string][]byte) { f[array] = append(f[array], 0) }, errs.Corrupt, "has 17 bytes, expected at most 16"},
		"array changed":     {func(f map[string][]byte) { f[array][3]++ }, errs.Corrupt, array + ": the content is not what was written"},
		"file elsewhere":    {change(array, "../../etc/passwd"), errs.Corrupt, `model.json: steps[3].arrays[0]: file: found "../../etc/passwd"`},
		"huge shape":        {change("\"shape\": [\n            2\n          ]", `"shape": [4611686018427387904, 4]`), errs.Corrupt, "shape: found [4611686018427387904 4]"},
		"negative shape":    {change("\"shape\": [\n            2\n          ]", `"shape": [-2, -1]`), errs.Corrupt, "shape: found [-2 -1]"},
		"unknown type":      {change(`"type": "float64"`, `"type": "float65"`), errs.Corrupt, "unknown element type"},
		"text for a number": {change(`"batch": 1000`, `"batch": "x"`), errs.Corrupt, "model.json: training.batch: found string, expected a number"},
		"unknown step":      {change(`"step": "standard-scaler"`, `"step": "whitener"`), errs.Unsupported, `model.json: steps[2]: this program has no step "whitener"`},
		"bad parameter":     {change(`"eta0": 0.001`, `"eta0": "big"`), errs.Corrupt, "model.json: steps[3]: sgd-regressor: parameter eta0"},
		"columns renamed":   {change(`"name": "distance"`, `"name": "distances"`), errs.Corrupt, "model.json: output: found"},
		"endless columns":   {change(`"name": "distance",`, `"prefix": "f", "first": 0, "count": 1000000000,`), errs.Corrupt, "more than 4194304 columns"},
		"not fitted":        {change(`"fitted": true`, `"fitted": false`), errs.Corrupt, "model.json: steps: a step has not learned"},
		"another pipeline":  {change(`"pipeline": "drop`, `"pipeline": "drap`), errs.Corrupt, `model.json: pipeline: found "drap`},
		"no steps":          {func(f map[string][]byte) { f["model.json"] = []byte(`{"format":"outcore.model/1.0"}`) }, errs.Corrupt, "model.json: steps: a pipeline of no steps"},
		"config of a step":  {change(`"columns": 2,`, `"columns": "x",`), errs.Corrupt, "model.json: steps[2]"},
	} {
		files := map[string][]byte{}
		for k, v := range good.files {
			files[k] = slices.Clone(v)
		}
		c.do(files)
		_, err := Load(&memory{files: files}, 0)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s: %s", name, err, c.kind, c.want)
		}
	}
	if _, err := Load(&good, 100); !errors.Is(err, errs.TooLarge) {
		t.Errorf("a model larger than allowed gave %v", err)
	}
}

func TestStateGoesOnInTheMiddleOfAPass(t *testing.T) {
	s := newFlights(12_000)
	whole := parsed(t, real)
	fit(t, whole, s, 4096, 1)
	want, err := (&Model{Pipeline: whole}).Digest()
	if err != nil {
		t.Fatal(err)
	}
	// After every block and batch, all goes on in a new pipeline.
	p := parsed(t, real)
	if err := p.Bind(s.schema); err != nil {
		t.Fatal(err)
	}
	reborn := func() {
		t.Helper()
		state, err := p.State()
		if err != nil {
			t.Fatal(err)
		}
		p = parsed(t, real)
		if err := p.Bind(s.schema); err != nil {
			t.Fatal(err)
		}
		if err := p.SetState(state); err != nil {
			t.Fatal(err)
		}
	}
	for reborn(); !p.Plan()[0].Learn; reborn() {
		for _, f := range s.batches(t, 5000, 4096) {
			pass := p.Plan()[0]
			part, err := p.Part(pass, f)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Merge(pass, part); err != nil {
				t.Fatal(err)
			}
			reborn()
		}
		if err := p.Finish(p.Plan()[0]); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range s.batches(t, 5000, 1000) {
		learn(t, p, f)
		reborn()
	}
	if got, err := (&Model{Pipeline: p}).Digest(); err != nil || got != want {
		t.Errorf("model %s, undisturbed %s, %v", got, want, err)
	}
}

func TestStatesThatDoNotFit(t *testing.T) {
	p := parsed(t, real)
	if err := p.Bind(newFlights(0).schema); err != nil {
		t.Fatal(err)
	}
	state, err := p.State()
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed(t, "center | sum").SetState(state); !errors.Is(err, errs.Conflict) {
		t.Errorf("a state of other steps gave %v", err)
	}
	for n := range len(state) {
		if err := parsed(t, real).SetState(state[:n]); !errors.Is(err, errs.Corrupt) {
			t.Fatalf("%d of %d bytes gave %v", n, len(state), err)
		}
	}
}

func TestColumnsAreRunsInJSON(t *testing.T) {
	for want, names := range map[string][]string{
		`[{"prefix":"f","first":0,"count":4,"kind":"number"}]`:                                           {"f0", "f1", "f2", "f3"},
		`[{"name":"f1","kind":"number"},{"name":"f2","kind":"number"}]`:                                  {"f1", "f2"},
		`[{"name":"f01","kind":"number"},{"name":"f02","kind":"number"},{"name":"f03","kind":"number"}]`: {"f01", "f02", "f03"},
		`[{"name":"x","kind":"number"},{"prefix":"","first":7,"count":3,"kind":"number"}]`:               {"x", "7", "8", "9"},
		`[{"prefix":"a","first":1,"count":3,"kind":"number"},{"name":"b4","kind":"number"}]`:             {"a1", "a2", "a3", "b4"},
		`[{"name":"","kind":"number"}]`:                                                                  {""},
	} {
		var c columns
		for _, n := range names {
			c.Fields = append(c.Fields, feature.Field{Name: n})
		}
		b, err := json.Marshal(c)
		if err != nil || string(b) != want {
			t.Errorf("%v: got %s, %v, want %s", names, b, err, want)
		}
		var back columns
		if err := json.Unmarshal(b, &back); err != nil || !slices.Equal(back.Fields, c.Fields) {
			t.Errorf("%s gave %v, %v", b, back, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	var good memory
	if _, err := trained(f, real).Save(&good); err != nil {
		f.Fatal(err)
	}
	f.Add(good.files["model.json"])
	f.Add([]byte(`{"format":"outcore.model/1.0","steps":[{"step":"sgd-regressor","config":{}}],"input":[{"prefix":"f","first":0,"count":3,"kind":"number"}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		files := maps.Clone(good.files)
		files["model.json"] = doc
		m, err := Load(&memory{files: files}, 1<<20)
		if err != nil {
			var e *errs.Error
			if !errors.As(err, &e) {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		if _, err := m.Digest(); err != nil {
			t.Errorf("a model that was read cannot be written: %v", err)
		}
	})
}

// FuzzLearned changes what one step says it learned, with sums that are right,
// so that the change reaches the step.
func FuzzLearned(f *testing.F) {
	var good memory
	if _, err := trained(f, real).Save(&good); err != nil {
		f.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(good.files[modelFile], &doc); err != nil {
		f.Fatal(err)
	}
	for i, s := range doc.Steps {
		data := []byte{}
		if len(s.Arrays) > 0 {
			data = good.files[s.Arrays[0].File]
		}
		f.Add(uint8(i), uint8(0), []byte(s.Config), data)
	}
	rows := newFlights(0).rows(0, 10)
	rows.Y = nil
	f.Fuzz(func(t *testing.T, step, array uint8, config, data []byte) {
		if !json.Valid(config) {
			return
		}
		changed := doc
		changed.Steps = slices.Clone(doc.Steps)
		files := maps.Clone(good.files)
		s := &changed.Steps[int(step)%len(changed.Steps)]
		s.Config = config
		if len(s.Arrays) > 0 {
			s.Arrays = slices.Clone(s.Arrays)
			a := &s.Arrays[int(array)%len(s.Arrays)]
			n := len(data) / a.Type.Size()
			data = data[:n*a.Type.Size()]
			if len(a.Shape) != 1 {
				a.Shape = []int{1, n}
			} else {
				a.Shape = []int{n}
			}
			a.Bytes, a.SHA256 = int64(len(data)), digest(data)
			a.File = a.Name + "-" + a.SHA256[:16] + "." + suffix(a.Type)
			files[a.File] = data
		}
		b, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		files[modelFile] = b
		m, err := Load(&memory{files: files}, 1<<20)
		if err != nil {
			return
		}
		if x, err := m.Pipeline.Transform(rows.Slice(0, rows.N)); err == nil {
			_, _ = m.Pipeline.Predict(nil, x)
			x.Release()
		}
	})
}
