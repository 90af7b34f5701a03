package compose

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the files of testdata anew")

// TestModelsOfOldVersionsAreRead opens the models that earlier versions wrote.
// Each stays for good: a change that cannot read one is a new major version.
func TestModelsOfOldVersionsAreRead(t *testing.T) {
	for name, text := range map[string]string{
		"model-1.0-regressor":  real,
		"model-1.0-classifier": "dates | one-hot(max_categories=3) | impute | scale | sgd-classifier(loss=log_loss)",
	} {
		dir := Dir(filepath.Join("testdata", name))
		rows := newFlights(0).rows(90_000, 90_020)
		rows.Y = nil
		if *rewrite {
			m := trained(t, text)
			if _, err := m.Save(dir); err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(predict(t, m.Pipeline, rows))
			if err == nil {
				err = os.WriteFile(filepath.Join("testdata", name+".json"), b, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		m, err := Load(dir, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var want []float64
		b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err == nil {
			err = json.Unmarshal(b, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range predict(t, m.Pipeline, rows) {
			if !(math.Abs(got-want[i]) <= 1e-12*math.Abs(want[i])) {
				t.Errorf("%s, row %d: predicts %v, predicted %v", name, i, got, want[i])
			}
		}
	}
}
