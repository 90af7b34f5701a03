package train

import (
	"math"
	"strings"
	"testing"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/event"
)

func TestWorseThanGuessingIsSaid(t *testing.T) {
	type scores = map[string]compose.Score
	for name, c := range map[string]struct {
		score, guess scores
		want         string
	}{
		"better":             {scores{"mse": 1}, scores{"mse": 2}, ""},
		"by chance":          {scores{"mse": 2.05}, scores{"mse": 2}, ""},
		"worse":              {scores{"mse": 6}, scores{"mse": 2}, "squared error is 6, that of guessing the mean 2;"},
		"no number":          {scores{"mse": compose.Score(math.NaN())}, scores{"mse": 2}, "squared error is NaN"},
		"one target":         {scores{"mse": 0.1}, scores{"mse": 0}, ""},
		"classes":            {scores{"accuracy": 0.9, "log_loss": 1}, scores{"accuracy": 0.5, "log_loss": 0.7}, ""},
		"classes, by chance": {scores{"accuracy": 0.495}, scores{"accuracy": 0.5}, ""},
		"classes, worse":     {scores{"accuracy": 0.4}, scores{"accuracy": 0.5}, "accuracy is 0.400, that of guessing the commonest class 0.500;"},
	} {
		said := ""
		(&Result{Score: c.score, Baseline: c.guess}).worse(func(e event.Event) { said += e.Message })
		if (said == "") != (c.want == "") || !strings.Contains(said, c.want) {
			t.Errorf("%s: %q, want %q", name, said, c.want)
		}
	}
}
