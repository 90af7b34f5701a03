package report

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"

	"github.com/outcore/outcore/plot"
)

// sayMemory compares the peak with the budget.
func (r *Report) sayMemory() string {
	peak, ok := r.Memory.Peak()
	if !ok {
		return ""
	}
	s := "The process never held more than " + plot.FormatBytes(peak.Resident)
	if b := r.Memory.Budget; b > 0 {
		s += fmt.Sprintf(", %s of its budget of %s", plot.FormatPercent(float64(peak.Resident)/float64(b)), plot.FormatBytes(b))
	}
	if step := r.Memory.During(peak.At); step != "" {
		s += ", during “" + step + "”"
	}
	return s + "."
}

// sayColumns names the widest and the narrowest column, by standard deviation,
// when they are far apart.
func sayColumns(f *plot.Columns) string {
	s := "A hair from least to greatest, a bar of one standard deviation to both sides of the mean."
	wide, thin := -1, -1
	for i, c := range f.Columns {
		if c.Name == f.Target || !(c.Std > 0) || math.IsInf(c.Std, 0) {
			continue
		}
		if wide < 0 || c.Std > f.Columns[wide].Std {
			wide = i
		}
		if thin < 0 || c.Std < f.Columns[thin].Std {
			thin = i
		}
	}
	if wide >= 0 && f.Columns[wide].Std >= 10*f.Columns[thin].Std {
		s += fmt.Sprintf(" The widest, %s, spreads %s times as far as the narrowest, %s: they want scaling.", f.Columns[wide].Name,
			plot.FormatCount(int64(math.Round(math.Min(f.Columns[wide].Std/f.Columns[thin].Std, 1e15)))), f.Columns[thin].Name)
	}
	return s
}

// sayLearning has a sentence for each baseline and curve.
func sayLearning(l *plot.Learning) []string {
	var out []string
	for _, b := range l.Baselines {
		out = append(out, fmt.Sprintf("%s: %s.", upper(b.Name), plot.FormatNumber(float64(b.Value))))
	}
	for _, c := range l.Curves {
		if len(c.Points) == 0 {
			continue
		}
		last := float64(c.Points[0].Error)
		for _, p := range c.Points {
			if e := float64(p.Error); e-e == 0 { // what overflowed is told by the outcome
				last = e
			}
		}
		s := fmt.Sprintf("%s: %s", upper(c.Name), plot.FormatNumber(last))
		if c.Outcome != "" {
			s += ", " + c.Outcome
		}
		out = append(out, s+".")
	}
	return out
}

func sayPredicted(h *plot.HexBin) string {
	s := plot.FormatCount(h.Points()) + " rows the model had not seen; each hexagon counts those that fell into it."
	if h.Outside > 0 {
		s += " " + plot.FormatCount(h.Outside) + " more lie outside the picture."
	}
	return s
}

func sayResiduals(h *plot.Histogram) string {
	low, high := h.Quantile(0.25), h.Quantile(0.75)
	if low != low || high != high {
		return ""
	}
	return fmt.Sprintf("Half of all residuals lie between %s and %s.", h.FormatQuantile(0.25), h.FormatQuantile(0.75))
}

func sayWeights(w *plot.Weights) string {
	unit := w.Unit
	if unit == "" {
		unit = "units of the target"
	}
	return fmt.Sprintf("How many %s the prediction moves for one more of each feature, the others held still; and for a change that is typical of the feature.", unit)
}

// unit is a number, a space and the unit that belongs to it.
var unit = sync.OnceValue(func() *regexp.Regexp { // 0.2 ms that most starts need not pay
	return regexp.MustCompile(`(\d) (%|(?:[kMGT]i?)?B(?:/s)?|m?s|min)($|[^\w%])`)
})

// tied keeps numbers and their units on one line.
func tied(s string) string { return unit().ReplaceAllString(s, "$1\u00a0$2$3") }

// words splits a command where its lines may be broken: at spaces only.
func words(command string) []string { return strings.Split(command, " ") }

// upper makes the first letter a capital.
func upper(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}
