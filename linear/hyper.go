package linear

import (
	"math"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
)

type rate uint8

const (
	constant rate = iota
	optimal
	invscaling
	rootscaling   // invscaling with power_t = 1/2
	fourthscaling // invscaling with power_t = 1/4
)

// hyper is what Params say, in the form the loops need.
type hyper struct {
	loss      loss
	epsilon   float64
	shrink    bool    // l2 or elasticnet: the weights shrink in each step
	truncate  bool    // l1 or elasticnet: weights are cut off at zero
	alpha     float64 // strength of the penalty
	l1        float64 // share of l1: 0 for l2, 1 for l1
	intercept bool
	rate      rate
	eta0      float64
	power     float64
	t0        float64 // optimal: row number the schedule starts from
	average   float64 // first row that is averaged, 0 never
	shuffle   bool
	seed      uint32
	sklearn   bool
}

// hyperOf checks p.
func hyperOf(step string, p Params, losses []string) (hyper, error) {
	var h hyper
	bad := func(name string, v any, want string) (hyper, error) {
		return h, errs.New(errs.Invalid, "%s: parameter %s: found %v, expected %s", step, name, v, want)
	}
	if !slices.Contains(losses, p.Loss) {
		return bad("loss", p.Loss, "one of "+strings.Join(losses, ", "))
	}
	h.loss = lossByName[p.Loss]
	switch p.Penalty {
	case "none":
	case "l2":
		h.shrink = true
	case "l1":
		h.truncate, h.l1 = true, 1
	case "elasticnet":
		h.shrink, h.truncate, h.l1 = true, true, p.L1Ratio
	default:
		return bad("penalty", p.Penalty, "one of l2, l1, elasticnet, none")
	}
	if !(p.Alpha >= 0) || math.IsInf(p.Alpha, 0) {
		return bad("alpha", p.Alpha, "0 or more")
	}
	if !(p.L1Ratio >= 0 && p.L1Ratio <= 1) {
		return bad("l1_ratio", p.L1Ratio, "0 to 1")
	}
	if !(p.Epsilon >= 0) {
		return bad("epsilon", p.Epsilon, "0 or more")
	}
	if !(p.Eta0 > 0) || math.IsInf(p.Eta0, 0) {
		return bad("eta0", p.Eta0, "more than 0")
	}
	if !(p.PowerT >= 0) || math.IsInf(p.PowerT, 0) {
		return bad("power_t", p.PowerT, "0 or more")
	}
	if p.Average < 0 {
		return bad("average", p.Average, "0 or more")
	}
	if p.Seed < 0 || int64(p.Seed) > math.MaxUint32 {
		return bad("seed", p.Seed, "0 to 4294967295")
	}
	if p.Compat != "" && p.Compat != "sklearn" {
		return bad("compat", p.Compat, `"" or sklearn`)
	}
	h.alpha, h.epsilon, h.intercept = p.Alpha, p.Epsilon, p.FitIntercept
	h.eta0, h.power, h.average = p.Eta0, p.PowerT, float64(p.Average)
	h.shuffle, h.seed, h.sklearn = p.Shuffle, uint32(p.Seed), p.Compat == "sklearn"
	switch p.LearningRate {
	case "constant":
		h.rate = constant
	case "optimal":
		if p.Alpha == 0 {
			return bad("alpha", p.Alpha, "more than 0 with learning_rate=optimal, which makes the step of it")
		}
		h.rate = optimal
		typical := math.Sqrt(1 / math.Sqrt(p.Alpha))
		_, slope := h.lossAt(1, -typical)
		first := typical / max(1, slope)
		h.t0 = 1 / float64(first*p.Alpha)
	case "invscaling":
		h.rate = invscaling
		switch p.PowerT { // the roots are faster than a power, and as exact
		case 0.5:
			h.rate = rootscaling
		case 0.25:
			h.rate = fourthscaling
		}
	default:
		return bad("learning_rate", p.LearningRate, "one of constant, optimal, invscaling")
	}
	return h, nil
}

// eta is the step of row t, counted from 1.
func (h *hyper) eta(t float64) float64 {
	switch h.rate {
	case optimal:
		return 1 / float64(h.alpha*(h.t0+t-1))
	case invscaling:
		return h.eta0 / math.Pow(t, h.power)
	case rootscaling:
		return h.eta0 / math.Sqrt(t)
	case fourthscaling:
		return h.eta0 / math.Sqrt(math.Sqrt(t))
	}
	return h.eta0
}
