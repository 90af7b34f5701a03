package chunk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/internal/memcap"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

// asChild holds, as JSON, the job that the test binary does instead of tests.
const asChild = "OUTCORE_CHUNK_CHILD"

// A child is a job in a process of its own.
type child struct {
	From, To string
	Cap      int64
	Jobs     int
	Options  Options
}

func TestMain(m *testing.M) {
	if text := os.Getenv(asChild); text != "" {
		if err := runChild(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runChild(text string) error {
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	ctx := context.Background()
	b, err := memory.New(memory.Options{Cap: c.Cap})
	if err != nil {
		return err
	}
	defer b.Close()
	pool := &source.Pool{}
	o := source.Options{Memory: pool, Features: 400, Dense: c.Options.Layout == NPZ, DType: c.Options.DType, Workers: c.Jobs}
	ds, err := source.Open(ctx, []string{c.From, c.From, c.From}, o)
	if err != nil {
		return err
	}
	defer ds.Close()
	dest, err := blob.Open(ctx, c.To)
	if err != nil {
		return err
	}
	defer dest.Close()
	_, err = Job{Data: ds, Pool: pool, Dest: dest, Options: c.Options, Ready: !ds.Schema().Table, Jobs: c.Jobs, Budget: b}.Run(ctx)
	var refused *memory.RefusedError
	if errors.As(err, &refused) {
		return json.NewEncoder(os.Stdout).Encode(refused.Need)
	}
	return err
}

// TestRunsInTheMemoryItAsksFor gives jobs of data several times the cap what
// they ask for when they are refused, under a limit of 1.1 times that.
func TestRunsInTheMemoryItAsksFor(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	r := rand.New(rand.NewPCG(5, 6))
	var svm, csv bytes.Buffer
	csv.WriteString("a,b,c,d,e,f,name\n")
	for i := range 40_000 {
		svm.WriteByte('0' + byte(i%10))
		for j := 1 + r.IntN(5); j <= 400; j += 1 + r.IntN(9) {
			svm.WriteByte(' ')
			svm.Write(strconv.AppendInt(svm.AvailableBuffer(), int64(j), 10))
			svm.WriteByte(':')
			svm.Write(strconv.AppendInt(svm.AvailableBuffer(), int64(r.IntN(256)), 10))
		}
		svm.WriteByte('\n')
	}
	for i := range 200_000 {
		for range 6 {
			csv.Write(strconv.AppendFloat(csv.AvailableBuffer(), r.NormFloat64(), 'g', -1, 64))
			csv.WriteByte(',')
		}
		fmt.Fprintf(&csv, "N%d\n", i%5000)
	}
	paths := map[string]string{"svm": textFile(t, "a.svm", svm.String()), "csv": textFile(t, "a.csv", csv.String())}
	for name, c := range map[string]child{
		"npz":     {From: paths["svm"], Options: Options{Layout: NPZ, DType: dtype.Float32, Rows: 50_000}},
		"npz-csr": {From: paths["svm"], Options: Options{Layout: NPZCSR, DType: dtype.Float64, Rows: 1 << 30}},
		"plain":   {From: paths["svm"], Options: Options{Layout: NPZ, DType: dtype.Float64, Rows: 1 << 30, Compress: "none"}},
		"parquet": {From: paths["csv"], Options: Options{Layout: Parquet, Rows: 1 << 30}},
	} {
		t.Run(name, func(t *testing.T) {
			c.To, c.Jobs, c.Cap = t.TempDir(), 1, memory.Base
			var need int64
			if err := json.Unmarshal([]byte(c.run(t, 1<<40).out), &need); err != nil {
				t.Fatal(err)
			}
			c.Cap = need
			d := c.run(t, need*11/10)
			if d.OOMKilled || d.Peak > need*11/10 {
				t.Errorf("asked for %s, took %s, killed: %v", memory.FormatSize(need), memory.FormatSize(d.Peak), d.OOMKilled)
			}
			t.Logf("asked for %s, took %s under %s", memory.FormatSize(need), memory.FormatSize(d.Peak), d.Method)
		})
	}
}

// TestLongTextsKeepTheCap meets fields of 10 MB, which the first rows do not
// show: the job is done within the cap, or refused with one that does.
func TestLongTextsKeepTheCap(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	var text bytes.Buffer
	text.WriteString("n,s\n")
	for i := range 60 {
		s := "short"
		if i%12 == 11 {
			s = strings.Repeat("a field of ten million bytes, ", 10_000_000/30)
		}
		fmt.Fprintf(&text, "%d,\"%s\"\n", i, s)
	}
	c := child{From: textFile(t, "long.csv", text.String()), Jobs: 2, Options: Options{Layout: Parquet}}
	for _, mib := range []int64{96, 320} {
		c.To, c.Cap = t.TempDir(), mib<<20
		d := c.run(t, c.Cap*11/10)
		if d.OOMKilled || d.Peak > c.Cap*11/10 {
			t.Errorf("a cap of %d MiB: took %s, killed: %v", mib, memory.FormatSize(d.Peak), d.OOMKilled)
		}
		if refused := d.out != ""; refused != (mib == 96) {
			t.Errorf("a cap of %d MiB: refused: %v", mib, refused)
		}
		t.Logf("a cap of %d MiB: took %s under %s %s", mib, memory.FormatSize(d.Peak), d.Method, d.out)
	}
}

// A done child is what it took and said.
type done struct {
	memcap.Result
	out string
}

func (c child) run(t *testing.T, limit int64) done {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), asChild+"="+string(text))
	var out, fault bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &fault
	r, err := memcap.Run(t.Context(), limit, cmd)
	if err != nil {
		t.Fatalf("%v: %s", err, fault.String())
	}
	return done{r, out.String()}
}
