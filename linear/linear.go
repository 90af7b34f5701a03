// Package linear holds linear models learned by stochastic gradient descent:
// sgd-regressor and sgd-classifier.
//
// A model goes through the rows one by one. For a row x with target y it
// predicts p = ⟨w, x⟩ + b, steps against the gradient of the loss, shrinks the
// weights by the penalty, and goes on. It is sequential (ml.KindSequential):
// the state after each batch depends on the rows and their order.
//
// By default a pass over the data gives the same bits however it is cut into
// batches, and they are those of scikit-learn's fit(max_iter=1, shuffle=False)
// on all rows at once: to the bit up to 7 columns and for compressed rows; for
// wider dense rows to 1e-12, since a row is then multiplied with the weights in
// eight lanes, twice as fast. With compat=sklearn the model gives the bits of
// scikit-learn's partial_fit called on the very batches, at any width: the L1
// penalty starts again and the weights are rescaled in each call, shuffles use
// its generator and the classifier's averaged intercept has its error. The
// rules were checked against scikit-learn 1.9.1. Where a function of the C
// library enters (log_loss: exp; invscaling: pow) the last bit may differ and
// results agree to 1e-12; averages of wide models (seen at 67 columns, not at
// 7) differ in the last bits too, because its BLAS rounds once where we round
// twice.
//
// Rows stored in compressed form move the intercept at a hundredth of the
// rate, as in scikit-learn.
package linear

import (
	"encoding/json"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/ml"
)

// Params are the parameters of both models, by their names in scikit-learn.
type Params struct {
	Loss         string  `json:"loss"`
	Penalty      string  `json:"penalty"`
	Alpha        float64 `json:"alpha"`
	L1Ratio      float64 `json:"l1_ratio"`
	FitIntercept bool    `json:"fit_intercept"`
	Epsilon      float64 `json:"epsilon"`
	LearningRate string  `json:"learning_rate"`
	Eta0         float64 `json:"eta0"`
	PowerT       float64 `json:"power_t"`
	Average      int     `json:"average"`
	Shuffle      bool    `json:"shuffle"`
	Seed         int     `json:"seed"`
	Compat       string  `json:"compat"`
}

// RegressorParams gives the defaults of sgd-regressor.
func RegressorParams() Params {
	p := ClassifierParams()
	p.Loss, p.LearningRate, p.PowerT = "squared_error", "invscaling", 0.25
	return p
}

// ClassifierParams gives the defaults of sgd-classifier.
func ClassifierParams() Params {
	return Params{
		Loss: "hinge", Penalty: "l2", Alpha: 1e-4, L1Ratio: 0.15, FitIntercept: true,
		Epsilon: 0.1, LearningRate: "optimal", Eta0: 0.01, PowerT: 0.5,
	}
}

var (
	regressionLosses = []string{"squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"}
	classLosses      = append([]string{"hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron"}, regressionLosses...)
)

func docs(p Params, losses []string) []ml.Param {
	return []ml.Param{
		{Name: "loss", Default: p.Loss, Doc: "what an error costs", Choices: losses},
		{Name: "penalty", Default: p.Penalty, Doc: "what weights cost: their squares, their sizes, both, or nothing", Choices: []string{"l2", "l1", "elasticnet", "none"}},
		{Name: "alpha", Default: p.Alpha, Doc: "strength of the penalty; with learning_rate=optimal also sets the step"},
		{Name: "l1_ratio", Default: p.L1Ratio, Doc: "share of l1 in elasticnet, 0 to 1"},
		{Name: "fit_intercept", Default: p.FitIntercept, Doc: "learn a constant term"},
		{Name: "epsilon", Default: p.Epsilon, Doc: "width of the zone of huber and epsilon_insensitive losses, in units of the target"},
		{Name: "learning_rate", Default: p.LearningRate, Doc: "step of row t: eta0; 1/(alpha*(t0+t)); or eta0/t^power_t", Choices: []string{"constant", "optimal", "invscaling"}},
		{Name: "eta0", Default: p.Eta0, Doc: "first step of constant and invscaling"},
		{Name: "power_t", Default: p.PowerT, Doc: "how fast invscaling slows down"},
		{Name: "average", Default: p.Average, Doc: "answer with the mean of all weights from this row on (1 is the first); 0 with the last weights"},
		{Name: "shuffle", Default: p.Shuffle, Doc: "go through each batch in a random order (scikit-learn's default is true)"},
		{Name: "seed", Default: p.Seed, Doc: "seed of the shuffle, 0 to 2^32-1; random_state in scikit-learn"},
		{Name: "compat", Default: p.Compat, Doc: "sklearn: the bits of partial_fit on the same batches, its per-call quirks included", Choices: []string{"", "sklearn"}},
	}
}

func init() {
	ml.Register(ml.Spec{
		Name: "sgd-regressor",
		Doc:  "Linear regression learned row by row (stochastic gradient descent); scale the features first.",
		Role: ml.Regress, Kind: ml.KindSequential,
		Params: docs(RegressorParams(), regressionLosses),
		New: func(raw json.RawMessage) (ml.Step, error) {
			p := RegressorParams()
			if err := parse(raw, &p); err != nil {
				return nil, err
			}
			return NewRegressor(p)
		},
	})
	ml.Register(ml.Spec{
		Name: "sgd-classifier",
		Doc:  "Linear classifier learned row by row: SVM (hinge), logistic regression (log_loss), perceptron; one against the rest for more than two classes.",
		Role: ml.Classify, Kind: ml.KindSequential,
		Params: docs(ClassifierParams(), classLosses),
		New: func(raw json.RawMessage) (ml.Step, error) {
			p := ClassifierParams()
			if err := parse(raw, &p); err != nil {
				return nil, err
			}
			return NewClassifier(p)
		},
	})
}

func parse(raw json.RawMessage, p *Params) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, p); err != nil {
		return errs.New(errs.Invalid, "sgd: parameters: %w", err)
	}
	return nil
}
