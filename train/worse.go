package train

import (
	"fmt"

	"github.com/outcore/outcore/event"
)

// Scores differ from guessing by chance where nothing was learned; these
// differences are more than that.
const (
	worseError    = 1.05 // of the squared error of guessing
	worseAccuracy = 0.01 // below the accuracy of guessing
)

// worse warns of a model that does worse than guessing.
func (r *Result) worse(to event.Sink) {
	what := ""
	if got, guess := r.Score["mse"], r.Baseline["mse"]; guess > 0 && !(got <= worseError*guess) {
		what = fmt.Sprintf("its squared error is %.4g, that of guessing the mean %.4g", float64(got), float64(guess))
	}
	if got, guess := r.Score["accuracy"], r.Baseline["accuracy"]; got < guess-worseAccuracy {
		what = fmt.Sprintf("its accuracy is %.3f, that of guessing the commonest class %.3f", float64(got), float64(guess))
	}
	if what != "" {
		to.Send(event.Event{Kind: event.Warning, Message: "the model does worse than guessing: " + what +
			"; rows are learned in the order they stand, so try them in a random order, a smaller step (eta0), or more --epochs"})
	}
}
