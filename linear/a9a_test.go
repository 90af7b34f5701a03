package linear

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/ml/mltest/peer"
)

// a9aColumns is the width of a9a: the Adult census data as 0 and 1.
const a9aColumns = 123

// a9a reads rows of the real data set in batches of 1,000; it lies beside the
// project and the test is skipped without it.
func a9a(t *testing.T, name string) (batches []ml.Batch) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "data", name))
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	var m *feature.CSR[float64]
	var y []float64
	flush := func() {
		if m != nil {
			batches = append(batches, ml.Batch{X: m, Y: y})
		}
		m, y = &feature.CSR[float64]{D: a9aColumns, Indptr: []int64{0}}, nil
	}
	flush()
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(y) == 1000 {
			flush()
		}
		y = append(y, 0)
		if fields[0] == "+1" {
			y[len(y)-1] = 1
		}
		for _, f := range fields[1:] {
			col, _, _ := strings.Cut(f, ":")
			j, err := strconv.Atoi(col)
			if err != nil {
				t.Fatal(err)
			}
			m.Indices, m.Values = append(m.Indices, int32(j-1)), append(m.Values, 1)
		}
		m.N++
		m.Indptr = append(m.Indptr, int64(len(m.Values)))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	flush()
	return batches
}

// On real data: the accuracy scikit-learn 1.9.1 reaches with the same batches,
// and with a live peer the same bits.
func TestRealDataHasThePeersScore(t *testing.T) {
	train, test := a9a(t, "a9a.gz"), a9a(t, "a9a.t.gz")
	var all []parityCase
	for i, loss := range []string{"hinge", "modified_huber", "log_loss"} {
		p := ClassifierParams()
		p.Loss, p.Compat, p.Shuffle, p.Seed, p.Alpha = loss, "sklearn", true, 7, 1e-3
		c := parityCase{name: "a9a/" + loss, params: p, model: "sgd-classifier", classes: 2, batches: train}
		m := c.make(t).(*Classifier)
		var hits, rows float64
		for _, b := range train {
			if err := m.PartialFit(b); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range test {
			classes, err := m.Predict(nil, b.X)
			if err != nil {
				t.Fatal(err)
			}
			for k, class := range classes {
				rows++
				if class == b.Y[k] {
					hits++
				}
			}
		}
		want := []float64{0.8359, 0.7103, 0.8402}[i]
		if got := hits / rows; got < want-5e-5 || got > want+5e-5 {
			t.Errorf("%s: accuracy %.4f, want %.4f", loss, got, want)
		}
		all = append(all, c)
	}
	t.Run("bits", func(t *testing.T) {
		var rs []map[string]any
		for _, c := range all {
			rs = append(rs, c.request())
		}
		var a answer
		peer.Run(t, "testdata/sgd.py", map[string]any{"cases": rs, "d": a9aColumns}, &a)
		compare(t, all, a.Results)
	})
}
