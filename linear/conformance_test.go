package linear

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/ml/mltest"
)

func TestConformance(t *testing.T) {
	mltest.Covered(t, "sgd-regressor", "sgd-classifier")
	for name, s := range map[string]mltest.LearnerSubject{
		"regressor":             {Name: "sgd-regressor", SplitInvariant: true},
		"regressor, no const":   {Name: "sgd-regressor", Params: map[string]any{"fit_intercept": false}, SplitInvariant: true, SparseAgrees: true},
		"regressor, l1":         {Name: "sgd-regressor", Params: map[string]any{"penalty": "l1", "alpha": 0.01}, SplitInvariant: true},
		"regressor, averaged":   {Name: "sgd-regressor", Params: map[string]any{"average": 7.0}, SplitInvariant: true},
		"regressor, sklearn":    {Name: "sgd-regressor", Params: map[string]any{"compat": "sklearn", "shuffle": true, "penalty": "elasticnet", "average": 60.0}},
		"regressor, shuffled":   {Name: "sgd-regressor", Params: map[string]any{"shuffle": true, "seed": 3.0}},
		"regressor, no decay":   {Name: "sgd-regressor", Params: map[string]any{"penalty": "none", "learning_rate": "constant"}, SplitInvariant: true, ZeroIsAbsent: true},
		"classifier":            {Name: "sgd-classifier", Classes: 2, SplitInvariant: true},
		"classifier, 4 classes": {Name: "sgd-classifier", Classes: 4, SplitInvariant: true},
		"logistic":              {Name: "sgd-classifier", Classes: 2, Params: map[string]any{"loss": "log_loss", "penalty": "elasticnet"}, SplitInvariant: true},
		"logistic, 3 classes":   {Name: "sgd-classifier", Classes: 3, Params: map[string]any{"loss": "log_loss", "fit_intercept": false}, SplitInvariant: true, SparseAgrees: true},
		"modified huber":        {Name: "sgd-classifier", Classes: 3, Params: map[string]any{"loss": "modified_huber", "learning_rate": "constant"}, SplitInvariant: true},
		"classifier, sklearn":   {Name: "sgd-classifier", Classes: 3, Params: map[string]any{"compat": "sklearn", "shuffle": true, "average": 10.0, "penalty": "l1"}},
		"classifier, strong l2": {Name: "sgd-classifier", Classes: 2, Params: map[string]any{"learning_rate": "constant", "eta0": 0.5, "alpha": 1.5, "average": 1.0}, SplitInvariant: true},
	} {
		t.Run(name, func(t *testing.T) { mltest.Learner(t, s) })
	}
}

// What --list prints is what the code does.
func TestDocumentedDefaultsAreTheDefaults(t *testing.T) {
	for name, p := range map[string]Params{"sgd-regressor": RegressorParams(), "sgd-classifier": ClassifierParams()} {
		s, err := ml.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		documented := make(map[string]any)
		for _, d := range s.Params {
			documented[d.Name] = d.Default
		}
		want, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(want, &fields); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(documented), fmt.Sprint(fields); got != want {
			t.Errorf("%s: documented %s, in force %s", name, got, want)
		}
	}
}
