package linear

import "math"

type loss uint8

const (
	squaredError loss = iota
	huber
	epsilonInsensitive
	squaredEpsilonInsensitive
	hinge
	squaredHinge
	perceptron
	modifiedHuber
	logLoss
)

var lossByName = map[string]loss{
	"squared_error":               squaredError,
	"huber":                       huber,
	"epsilon_insensitive":         epsilonInsensitive,
	"squared_epsilon_insensitive": squaredEpsilonInsensitive,
	"hinge":                       hinge,
	"squared_hinge":               squaredHinge,
	"perceptron":                  perceptron,
	"modified_huber":              modifiedHuber,
	"log_loss":                    logLoss,
}

// negative is the target of a row that is not of the class: log_loss counts
// y in {0,1}, the others in {-1,1}.
func (l loss) negative() float64 {
	if l == logLoss {
		return 0
	}
	return -1
}

// lossAt is the loss of predicting p for target y, and its slope in p. The
// order of the operations is scikit-learn's.
func (h *hyper) lossAt(y, p float64) (value, slope float64) {
	switch h.loss {
	case squaredError:
		e := p - y
		return float64(0.5*e) * e, e
	case huber:
		e := p - y
		switch a := math.Abs(e); {
		case a <= h.epsilon:
			return 0.5 * float64(a*a), e
		case e >= 0:
			return h.epsilon * (a - float64(0.5*h.epsilon)), h.epsilon
		default:
			return h.epsilon * (a - float64(0.5*h.epsilon)), -h.epsilon
		}
	case epsilonInsensitive:
		switch {
		case y-p > h.epsilon:
			return y - p - h.epsilon, -1
		case p-y > h.epsilon:
			return p - y - h.epsilon, 1
		}
		return 0, 0
	case squaredEpsilonInsensitive:
		switch z := y - p; {
		case z > h.epsilon:
			e := z - h.epsilon
			return e * e, -2 * e
		case z < -h.epsilon:
			e := -z - h.epsilon
			return e * e, 2 * e
		}
		return 0, 0
	case hinge:
		if z := float64(p * y); z <= 1 {
			return 1 - z, -y
		}
		return 0, 0
	case perceptron:
		if z := p * y; z <= 0 {
			return -z, -y
		}
		return 0, 0
	case squaredHinge:
		if z := 1 - float64(p*y); z > 0 {
			return z * z, float64(-2*y) * z
		}
		return 0, 0
	case modifiedHuber:
		switch z := float64(p * y); {
		case z >= 1:
			return 0, 0
		case z >= -1:
			return (1 - z) * (1 - z), float64(2*(1-z)) * -y
		default:
			return -4 * z, -4 * y
		}
	}
	return logistic(y, p)
}

// logistic is log(1+e^p) - y·p for y in {0,1}, and its slope.
func logistic(y, p float64) (value, slope float64) {
	if p <= -37 { // 1+e^p is 1 in float64
		e := math.Exp(p)
		return e - float64(y*p), e - y
	}
	e := math.Exp(-p)
	return math.Log1p(e) + float64((1-y)*p), ((1 - y) - float64(y*e)) / (1 + e)
}
