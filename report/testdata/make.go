//go:build ignore

// This program makes tour.json, the report that tests draw, from the flights
// shipped with the tour: go run report/testdata/make.go > report/testdata/tour.json.
// Columns, errors, predictions and weights are the data's own; memory and times
// are made up.
package main

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/outcore/outcore/feature/profile"
	"github.com/outcore/outcore/plot"
	"github.com/outcore/outcore/report"
)

var names = []string{"dep_delay", "distance", "hour", "month"}

// read gives the features and the target (arr_delay) of rows that have both.
func read() (x [][]float64, y []float64) {
	f, err := os.Open("cmd/outcore/tour/data/flights.csv.gz")
	if err != nil {
		log.Fatal(err)
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		log.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		log.Fatal(err)
	}
	at := map[string]int{}
	for j, name := range rows[0] {
		at[name] = j
	}
	number := func(row []string, name string) float64 {
		v, err := strconv.ParseFloat(row[at[name]], 64)
		if err != nil {
			return math.NaN()
		}
		return v
	}
	for _, row := range rows[1:] {
		r := make([]float64, len(names))
		for j, name := range names {
			r[j] = number(row, name)
		}
		x, y = append(x, r), append(y, number(row, "arr_delay"))
	}
	return x, y
}

func column(name string, values []float64) profile.Column {
	c := profile.Column{Name: name, Min: math.Inf(1), Max: math.Inf(-1)}
	sum, squares := 0.0, 0.0
	for _, v := range values {
		if v != v {
			c.Missing++
			continue
		}
		c.Count++
		sum, squares = sum+v, squares+v*v
		c.Min, c.Max = min(c.Min, v), max(c.Max, v)
	}
	c.Mean = sum / float64(c.Count)
	c.Std = math.Sqrt(squares/float64(c.Count) - c.Mean*c.Mean)
	return c
}

func main() {
	x, y := read()
	r := &report.Report{
		Title: "New York flights 2013", Program: "outcore 0.1",
		Sentence: "24,000,000 rows, 4.3 times the memory allowed, were chunked, learned from twice and survived being killed; the model explains 83 % of how late flights land.",
		Figures: []report.Figure{
			{Value: "24.0 M", Label: "training rows", Note: "80,000 real ones, replayed 300 times"},
			{Value: "195 MiB", Label: "most memory held", Note: "of a budget of 256 MiB"},
			{Value: "1.4 GB/s", Label: "learning speed", Note: "over two passes, 2 cores"},
			{Value: "0.83", Label: "R² on 20,000 test rows", Note: "0.06 without dep_delay"},
		},
		Trust: []report.Check{
			{"killed with SIGKILL at 61 %, resumed", "the same bytes as undisturbed", "model 3f9a…c2", true},
			{"trained again with 1 worker instead of 2", "the same bytes", "model 3f9a…c2", true},
			{"asked to run in 8 MiB", "refused before starting: needs 43 MiB", "", true},
		},
		History: &report.History{
			Place: "tour/lab",
			Snapshots: []report.Snapshot{
				{ID: "1CECHNKR", Time: "14:02:11", Message: "Repository initialized"},
				{ID: "T49TFNFH", Time: "14:02:18", Message: "chunk: rows 0 to 24000000 of /flights/train", Changes: []string{"/flights/train: 17 new arrays, 6,239 chunks"}},
				{ID: "D1Q2RCJ2", Time: "14:02:19", Message: "look: the columns of /flights/train", Changes: []string{"/look: 8 new arrays, 8 chunks"}},
				{ID: "G6E2DBTZ", Time: "14:02:23", Message: "repair: scaled features, with and without dep_delay", Refs: []string{"main", "tag tour"},
					Changes: []string{"/models/scaled: 5 new arrays, 5 chunks", "/models/without: 5 new arrays, 5 chunks"}},
			},
			Commands: []string{
				"outcore repo log tour/lab",
				"outcore array stat 'tour/lab@tour#/flights/train/arr_delay' --skip-nan",
			},
		},
		Reproduce: report.Reproduce{
			Commands: []string{
				"outcore chunk tour/data/train.csv tour/chunks --rows 100000 --to npz --compress fast",
				"outcore train --data tour/chunks --target arr_delay --pipeline 'scale | sgd-regressor' --seed 1",
				"outcore predict --model tour/model --set dep_delay=25,distance=760,hour=18,month=7",
			},
			Versions: []report.Pair{{"outcore", "0.1"}, {"go", "go1.26.0 linux/amd64"}, {"machine", "2 cores, 16 GiB"}},
			Digests:  []report.Pair{{"data", "sha256:7b1e0c5d8a43f1296e0b7745ad01e3c2f08d6b9c5e7a1f3d2b4c6d8e9f0a1b04"}, {"model", "sha256:3f9a2b41c0de5f6778899aabbccddeeff00112233445566778899aabbccddec2"}},
		},
		Limits: []string{
			"Rows were replayed, so the passes over the data test memory and speed, not what 24 million different flights would teach.",
			"The test rows are of the same year and airports as the training rows; another year may be harder.",
			"dep_delay is known at push-back only. From the schedule alone hardly anything can be predicted.",
			"Times are of one run on one machine. Other work on it makes them longer.",
		},
	}
	learn(r, x, y)
	invent(r)
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", " ")
	if err := e.Encode(r); err != nil {
		log.Fatal(err)
	}
}

// learn fits two models by stochastic gradient descent, on four rows of five.
func learn(r *report.Report, x [][]float64, y []float64) {
	cols := make([]profile.Column, len(names))
	for j, name := range names {
		values := make([]float64, len(x))
		for i := range x {
			values[i] = x[i][j]
		}
		cols[j] = column(name, values)
	}
	target := column("arr_delay", y)
	for j := range cols {
		sum, n := 0.0, 0.0
		for i := range x {
			if x[i][j] == x[i][j] && y[i] == y[i] {
				sum, n = sum+(x[i][j]-cols[j].Mean)*(y[i]-target.Mean), n+1
			}
		}
		cols[j].Target = sum / n / cols[j].Std / target.Std
	}
	r.Columns = &plot.Columns{Columns: append(cols, target), Target: "arr_delay"}
	scaled := make([]float64, len(names)+1)
	raw := make([]float64, len(names)+1)
	value := func(w, row []float64, scale bool) float64 {
		p := w[len(names)]
		for j, v := range row {
			if scale {
				v = (v - cols[j].Mean) / cols[j].Std
			}
			p += w[j] * v
		}
		return p
	}
	step := func(w, row []float64, y, rate float64, scale bool) {
		e := rate * (y - value(w, row, scale))
		for j, v := range row {
			if scale {
				v = (v - cols[j].Mean) / cols[j].Std
			}
			w[j] += e * v
		}
		w[len(names)] += e
	}
	score := func(w []float64, scale bool) plot.Float {
		sum, n := 0.0, 0.0
		for i := 4; i < len(x); i += 5 {
			if y[i] == y[i] && x[i][0] == x[i][0] {
				d := y[i] - value(w, x[i], scale)
				sum, n = sum+d*d, n+1
			}
		}
		return plot.Float(sum / n)
	}
	const pass = 80_000
	good, bad := plot.Curve{Name: "scale | sgd"}, plot.Curve{Name: "raw features", Outcome: "diverged after 3 batches"}
	seen, next := int64(0), int64(100)
	for k := range 3 {
		for i := range x {
			if i%5 == 4 || y[i] != y[i] || x[i][0] != x[i][0] {
				continue
			}
			seen++
			step(scaled, x[i], y[i], 0.01/math.Pow(float64(seen), 0.25), true)
			if k == 0 && seen <= 3 {
				step(raw, x[i], y[i], 0.01, false)
				bad.Points = append(bad.Points, plot.CurvePoint{Rows: seen * 1000, Error: score(raw, false) * plot.Float(math.Pow(30, float64(seen)))})
			}
			if seen == next {
				good.Points = append(good.Points, plot.CurvePoint{Rows: seen, Error: score(scaled, true)})
				next += max(next/4, 1)
			}
		}
	}
	good.Points = append(good.Points, plot.CurvePoint{Rows: seen, Error: score(scaled, true)})
	bad.Points = append(bad.Points, plot.CurvePoint{Rows: 4000, Error: plot.Float(math.Inf(1))})
	bad.Points[2].Error = 9.27e26
	r.Learning = &plot.Learning{Measure: "mean squared error on the test rows", PassRows: seen / 3, Curves: []plot.Curve{bad, good},
		Baselines: []plot.Level{{Name: "guess the mean", Value: plot.Float(target.Std * target.Std)}},
		Note:      "Raw features: step 0.01 × |x|² = 10,800 > 2, so every update overshoots. Scaling them is the cure."}

	r.Predicted, _ = plot.NewHexBin(-80, 240, -80, 240, 44)
	r.Residuals, _ = plot.NewHistogram(-80, 80, 80)
	r.Predicted.XName, r.Predicted.YName, r.Predicted.Diagonal = "actual delay, minutes", "predicted delay, minutes", true
	r.Residuals.Name = "actual − predicted, minutes"
	for i := 4; i < len(x); i += 5 {
		p := value(scaled, x[i], true)
		r.Predicted.Add(y[i], p)
		r.Residuals.Add(y[i] - p)
	}
	r.Weights = &plot.Weights{Unit: "minutes"}
	for j, per := range []string{"minute", "mile", "hour", "month"} {
		r.Weights.Weights = append(r.Weights.Weights, plot.Weight{Name: names[j], Value: plot.Float(scaled[j] / cols[j].Std), Per: per, Std: plot.Float(cols[j].Std)})
	}
}

// invent makes up memory and times in the shape of a run.
func invent(r *report.Report) {
	steps := []plot.Step{{"chunk", 0.4, 7.5}, {"look", 7.5, 8.4}, {"learn raw", 8.5, 9.1}, {"fit scale", 9.2, 10.0}, {"learn", 10.0, 11.7},
		{"kill and resume", 12.0, 17.8}, {"1 worker", 18.0, 21.9}, {"8 MiB", 22.0, 22.1}, {"score", 22.3, 23.0}}
	rng := rand.New(rand.NewPCG(1, 2))
	m := &plot.Memory{Budget: 256 << 20, Steps: steps}
	read, parse, learn := plot.NewLane("read", 1), plot.NewLane("parse", 2), plot.NewLane("learn", 1)
	held := 31.0
	for t := 0.0; t < 23; t += 0.1 {
		goal, reserved := 38.0, 0.0
		for i, s := range steps {
			if t >= s.From && t < s.To && s.To-s.From > 0.2 {
				goal = 120 + 80*float64((i*5)%7)/7
				reserved = goal + 22
				goal += 14 * rng.Float64()
			}
		}
		held += (goal - held) * 0.35
		m.Samples = append(m.Samples, plot.MemorySample{At: math.Round(t*10) / 10, Resident: int64(held * (1 << 20)), Reserved: int64(reserved) << 20})
	}
	for i, s := range steps {
		for t := s.From; t < s.To && s.To-s.From > 0.2; t += 0.05 {
			read.Add(t, t+0.01+0.008*rng.Float64())
			parse.Add(t, t+0.05)
			if i != 6 {
				parse.Add(t, t+0.035+0.01*rng.Float64())
			}
			if i > 0 {
				learn.Add(t, t+0.02+0.01*rng.Float64())
			}
		}
	}
	r.Memory, r.TimeLine = m, &plot.TimeLine{Steps: steps, Lanes: []*plot.Lane{read, parse, learn}}
}
