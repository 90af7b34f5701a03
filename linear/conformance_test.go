package linear

import (
	"fmt"
	"testing"

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
	if fmt.Sprint(ClassifierParams()) == fmt.Sprint(RegressorParams()) {
		t.Error("the models have different defaults")
	}
}
