package ndarray

import (
	"errors"

	"github.com/outcore/outcore/errs"
)

// An exprCall is a function of expressions.
type exprCall struct {
	least, most int // arguments
	usage       string
	build       func(args []Any) Any
	reduce      reduceOp // "" when it is none
	skip        bool
	cast        bool
}

var exprCalls = makeCalls()

func makeCalls() map[string]exprCall {
	calls := map[string]exprCall{
		"where":   {least: 3, most: 3, usage: "where(condition, a, b)", build: func(a []Any) Any { return Where(a[0], a[1], a[2]) }},
		"clip":    {least: 3, most: 3, usage: "clip(x, lo, hi)", build: func(a []Any) Any { return a[0].Clip(a[1], a[2]) }},
		"minimum": {least: 2, most: 2, usage: "minimum(a, b)", build: func(a []Any) Any { return a[0].Minimum(a[1]) }},
		"maximum": {least: 2, most: 2, usage: "maximum(a, b)", build: func(a []Any) Any { return a[0].Maximum(a[1]) }},
		"cast":    {least: 2, most: 2, usage: `cast(x, "float32")`, cast: true},
	}
	for name, o := range unaryFunctions {
		calls[name] = exprCall{least: 1, most: 1, usage: name + "(x)", build: func(a []Any) Any { return Any{unary(o, a[0].n)} }}
	}
	for name, o := range map[string]reduceOp{
		"sum": redSum, "prod": redProd, "mean": redMean, "var": redVar, "std": redStd, "min": redMin, "max": redMax,
		"argmin": redArgMin, "argmax": redArgMax, "any": redAny, "all": redAll, "count": redCount, "countnan": redNaN,
	} {
		calls[name] = exprCall{least: 1, most: 1 + maxDims, usage: name + "(x, axis, …)", reduce: o}
	}
	for name, o := range map[string]reduceOp{
		"nansum": redSum, "nanmean": redMean, "nanvar": redVar, "nanstd": redStd, "nanmin": redMin, "nanmax": redMax,
	} {
		calls[name] = exprCall{least: 1, most: 1 + maxDims, usage: name + "(x, axis, …)", reduce: o, skip: true}
	}
	return calls
}

// asError is errors.As for the error with a kind.
func asError(err error, e **errs.Error) bool { return errors.As(err, e) }
