package train_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/train"
)

// rare is n rows of two classes and, in one held-out row, a third.
func rare(n int) (data []byte, at int) {
	at = -1
	var b bytes.Buffer
	b.WriteString("x,class\n")
	for i := range n {
		class := []string{"no", "yes"}[i%2]
		if at < 0 && i > n/2 && feature.Held(1, int64(i), 0.2) {
			at, class = i, "never"
		}
		fmt.Fprintf(&b, "%d,%s\n", i%2*2-1, class)
	}
	return b.Bytes(), at
}

func TestALabelOnlyHeldOutCountsAsWrong(t *testing.T) {
	data, at := rare(500)
	if at < 0 {
		t.Fatal("no row is held out")
	}
	var warned []string
	j := job{
		path: write(t, "t.csv", data), pipeline: "scale | sgd-classifier(loss=log_loss)", target: "class",
		events: func(e event.Event) {
			if e.Kind == event.Warning && strings.Contains(e.Message, "never learned") {
				warned = append(warned, e.Message)
			}
		},
	}
	r, p, err := j.run(t)
	if err != nil {
		t.Fatal(err)
	}
	want := 1 - 1/float64(r.HeldOut)
	if got := float64(r.Score["accuracy"]); got != want {
		t.Errorf("accuracy %v, want %v: all but one of %d rows", got, want, r.HeldOut)
	}
	if len(warned) != 1 || !strings.Contains(warned[0], `"never" (1)`) {
		t.Errorf("warnings %q", warned)
	}

	// The same on data of which every label is new.
	ds, err := source.Open(t.Context(), []string{write(t, "new.csv", []byte("x,class\n1,maybe\n-1,maybe\n"))}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	budget, err := memory.New(memory.Options{Cap: 512 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer budget.Close()
	report, err := train.Score(t.Context(), train.ScoreConfig{Data: ds, Pipeline: p, Roles: feature.Roles{Target: "class"}, Proba: true, Jobs: 1, Budget: budget})
	if err != nil || report.Unseen != 2 || report.Score["accuracy"] != 0 || report.Score["log_loss"] < 36 {
		t.Errorf("all labels new: %+v, %v", report, err)
	}
}

func TestALabelOutsideTheGivenClassesIsNotLearned(t *testing.T) {
	for _, online := range []bool{false, true} {
		j := job{path: write(t, "t.csv", []byte("x,class\n1,no\n2,yes\n3,maybe\n")), pipeline: "sgd-classifier", target: "class",
			change: func(c *train.Config) { c.Classes, c.Holdout, c.Online = []string{"no", "yes"}, 0, online }}
		_, _, err := j.run(t)
		if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), `found the label "maybe", expected one of the 2 classes ["no" "yes"]`) || !strings.Contains(err.Error(), "t.csv:4: column target") || !strings.Contains(err.Error(), "--classes no,yes,maybe") {
			t.Errorf("online %v: %v", online, err)
		}
	}
}

// A value that cannot be learned from is told with its line, whatever rows
// before it were skipped, without a target or held out.
func TestAHoleIsToldWithItsLine(t *testing.T) {
	for _, online := range []bool{false, true} {
		for _, batch := range []int{1, 7, 1000} {
			var text strings.Builder
			text.WriteString("x,z,y\n")
			for i := 2; i <= 300; i++ {
				switch {
				case i%11 == 0:
					text.WriteString("1,2\n") // a bad row
				case i%7 == 0:
					text.WriteString("1,2,\n") // no target
				case i == 200:
					text.WriteString("1,,3\n")
				default:
					text.WriteString("1,2,3\n")
				}
			}
			j := job{path: write(t, "t.csv", []byte(text.String())), pipeline: "sgd-regressor", target: "y", skip: 100, segment: 256,
				change: func(c *train.Config) { c.Holdout, c.Online, c.Batch, c.SkipBad = 0.3, online, batch, 100 }}
			_, _, err := j.run(t)
			if err == nil || !strings.Contains(err.Error(), "t.csv:200: column z: sgd-regressor: found NaN") {
				t.Errorf("online %v, batches of %d: %v", online, batch, err)
			}
		}
	}
}
