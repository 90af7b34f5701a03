package ndarray

import (
	"maps"
	"slices"

	"github.com/outcore/outcore/errs"
)

// unaryFunctions are the elementwise functions of one argument by the name that
// Apply and Parse know.
var unaryFunctions = map[string]op{
	"abs": opAbs, "sign": opSign, "sqrt": opSqrt, "exp": opExp, "expm1": opExpm1,
	"log": opLog, "log2": opLog2, "log10": opLog10, "log1p": opLog1p,
	"sin": opSin, "cos": opCos, "tan": opTan, "tanh": opTanh,
	"floor": opFloor, "ceil": opCeil, "trunc": opTrunc, "round": opRound,
	"isnan": opIsNaN, "isinf": opIsInf, "isfinite": opIsFinite, "not": opNot, "neg": opNeg, "invert": opInvert,
}

// Functions lists the names that Apply knows, in order.
func Functions() []string { return slices.Sorted(maps.Keys(unaryFunctions)) }

func functionNamed(name string) (op, error) {
	if o, ok := unaryFunctions[name]; ok {
		return o, nil
	}
	return "", errs.New(errs.NotFound, "no function %q%s", name, errs.Suggest(name, Functions()))
}
