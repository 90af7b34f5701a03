package tour

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/internal/shellword"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/plot"
	"github.com/outcore/outcore/report"
	"github.com/outcore/outcore/train"
)

// show names the last commit, writes the report and says what to do next.
func (t *tour) show(ctx context.Context) error {
	t.watch.mark("Show")
	r := &t.result
	r.Report, r.Model = t.paths.report, t.paths.model
	tip, err := t.lab.Resolve(ctx, icechunk.Main)
	if err != nil {
		return err
	}
	if err := t.lab.CreateTag(ctx, tag, tip); err != nil {
		return err
	}
	r.Snapshot = tip.String()
	history, err := t.lab.history(ctx, tag)
	if err != nil {
		return err
	}
	if err := os.WriteFile(t.paths.python, []byte(fmt.Sprintf(pythonText, tag, trainNode[1:], target)), 0o644); err != nil {
		return err
	}
	page, err := t.page(ctx, history)
	if err != nil {
		return err
	}
	r.Seconds = time.Since(t.begin).Seconds()
	if err := writeReport(t.paths.report, page); err != nil {
		return err
	}
	t.say("6 Show   %-18s predicted against actual, error per pass, memory over time, history", t.paths.report)
	t.more("%-18s %s, the last one tagged %s; Icechunk, so Python opens it too", t.paths.lab, plural(int64(len(history)), "snapshot", "snapshots"), tag)
	t.more("%-18s %d weights, JSON; made from snapshot %s; model %s", t.paths.model, len(known), shortID(t.lab.data), compose.ShortDigest(r.Digest))
	for _, c := range r.Checks {
		if !c.OK {
			return fmt.Errorf("tour: a promise was not kept: %s: %s", c.What, c.Outcome)
		}
	}
	t.say("Done in %.0f s. The whole run never held more than %s.            Now yours:", r.Seconds, memory.FormatSize(r.Peak))
	for _, c := range t.next() {
		t.say("  %s", c)
	}
	return nil
}

// next are commands that work when pasted, or with the user's own names put in.
func (t *tour) next() []string {
	o := t.Name + " "
	return []string{
		o + "predict --model " + shellword.Quote(t.paths.model) + " --set dep_delay=25,distance=760,hour=18,month=7",
		o + "score --model " + shellword.Quote(t.paths.model) + " --data " + t.node(tag, testNode),
		o + "model show " + t.node(tag, modelNode+"raw"),
		o + "repo log " + shellword.Quote(t.paths.lab),
		o + "array stat " + t.node(tag, trainNode+"/"+target),
		"python " + shellword.Quote(t.paths.python) + "   # the table in xarray: pip install icechunk xarray",
		o + "train --data YOUR.csv --target COLUMN --pipeline auto -o YOUR-MODEL",
		o + "tour --clean" + map[bool]string{true: "", false: " --dir " + shellword.Quote(t.Dir)}[t.Dir == "tour"],
	}
}

// node is the address of a node of the lab as a shell takes it.
func (t *tour) node(ref, node string) string { return shellword.Quote(t.lab.at(ref, node)) }

// page is the report.
func (t *tour) page(ctx context.Context, history []commit) (*report.Report, error) {
	r := &t.result
	predicted, residuals, err := t.residuals(ctx)
	if err != nil {
		return nil, err
	}
	r.Peak = max(r.Peak, t.Budget.Stats().Peak, t.watch.peak("Data"))
	page := &report.Report{
		Title:   "New York flights: how late will they arrive?",
		Program: "outcore " + t.Version,
		Sentence: fmt.Sprintf("From %s rows, %.1f times larger than the memory allowed, a linear model learned to predict the arrival delay of %s flights it had never seen: it explains %.0f %% of what differs between them.",
			count(r.Rows), r.Ratio, count(t.tested), 100*r.R2),
		Figures: []report.Figure{
			{Value: memory.FormatSize(r.Peak), Label: "most memory held", Note: "of a budget of " + memory.FormatSize(t.Budget.Cap())},
			{Value: memory.FormatSize(r.Decoded), Label: "of decoded data", Note: count(r.Rows) + " rows"},
			{Value: fmt.Sprintf("%.2f", r.R2), Label: "R² on flights set aside", Note: fmt.Sprintf("%.2f without dep_delay", r.R2Without)},
			{Value: t.kept(), Label: "promises tried and kept", Note: "kills, workers, memory"},
		},
		Memory:    t.memoryChart(),
		Columns:   t.columnsChart(),
		Learning:  t.learningChart(),
		Predicted: predicted,
		Residuals: residuals,
		Weights:   t.weightsChart(),
		TimeLine:  &plot.TimeLine{Steps: t.steps(), Lanes: t.clock.lanes(), Note: "Passes made by this process; the trainings of step 5 ran in processes of their own."},
		History:   t.history(history),
		Reproduce: t.reproduce(),
		Limits: []string{
			"The rows are 80,000 real flights replayed; more replays make more work, not more knowledge.",
			"The rows set aside are of the same year and airports: how the model does on another year is not shown.",
			"dep_delay is known only at push-back. Without it, the same columns predict next to nothing.",
			"Flights that were cancelled or diverted have no arrival delay and are left out.",
		},
	}
	for _, c := range r.Checks {
		page.Trust = append(page.Trust, report.Check{Did: c.What, Came: c.Outcome, OK: c.OK})
	}
	return page, nil
}

// kept counts the promises that held.
func (t *tour) kept() string {
	n := 0
	for _, c := range t.result.Checks {
		if c.OK {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(t.result.Checks))
}

// residuals predicts the test rows once more, into bins.
func (t *tour) residuals(ctx context.Context) (*plot.HexBin, *plot.Histogram, error) {
	hex, err := plot.NewHexBin(-60, 240, -60, 240, 40)
	if err != nil {
		return nil, nil, err
	}
	hex.XName, hex.YName, hex.Diagonal = "actual, minutes", "predicted, minutes", true
	hist, err := plot.NewHistogram(-80, 80, 64)
	if err != nil {
		return nil, nil, err
	}
	hist.Name = "actual - predicted, minutes"
	_, err = t.score(ctx, t.scaled.model.Pipeline, func(a train.Answer) error {
		for i, y := range a.Y {
			hex.Add(y, a.Predict[i])
			hist.Add(y - a.Predict[i])
		}
		return nil
	})
	return hex, hist, err
}

func (t *tour) memoryChart() *plot.Memory {
	m := &plot.Memory{Budget: t.Budget.Cap(), Steps: t.steps()}
	t.watch.mu.Lock()
	defer t.watch.mu.Unlock()
	for _, s := range t.watch.samples {
		m.Samples = append(m.Samples, plot.MemorySample{At: s.seconds, Resident: s.rss, Reserved: s.reserved})
	}
	return m
}

// steps are the steps of the tour on its clock.
func (t *tour) steps() []plot.Step {
	t.watch.mu.Lock()
	defer t.watch.mu.Unlock()
	var out []plot.Step
	for i, m := range t.watch.marks {
		to := time.Since(t.begin).Seconds()
		if i+1 < len(t.watch.marks) {
			to = t.watch.marks[i+1].seconds
		}
		out = append(out, plot.Step{Name: m.name, From: m.seconds, To: to})
	}
	return out
}

func (t *tour) columnsChart() *plot.Columns {
	c := &plot.Columns{Target: target}
	for _, name := range append([]string{target}, known...) {
		c.Columns = append(c.Columns, t.column(name))
	}
	return c
}

func (t *tour) learningChart() *plot.Learning {
	l := &plot.Learning{
		Measure:   "squared error of rows not yet learned",
		PassRows:  t.scaled.run.Rows,
		Baselines: []plot.Level{{Name: "guess the mean", Value: plot.Float(t.column(target).Std * t.column(target).Std)}},
	}
	for _, c := range []struct {
		name string
		l    *learned
	}{{"raw features", &t.raw}, {"scaled features", &t.scaled}, {"without dep_delay", &t.without}} {
		curve := plot.Curve{Name: c.name, Points: c.l.curve}
		if d := c.l.run.Diverged; d != nil {
			curve.Outcome = "diverged after " + plural(d.Batches, "batch", "batches")
		}
		l.Curves = append(l.Curves, curve)
	}
	return l
}

// weightsChart gives the weights in minutes per unit: what the scaler divided
// by is divided out of the weight.
func (t *tour) weightsChart() *plot.Weights {
	w := &plot.Weights{Unit: "minutes"}
	l, ok := t.scaled.model.Pipeline.Learner().(interface{ Coef() []float64 })
	if !ok {
		return w
	}
	units := map[string]string{"dep_delay": "minute late at push-back", "distance": "mile", "hour": "hour later in the day", "month": "month later in the year"}
	for i, v := range l.Coef() {
		std := t.column(known[i]).Std
		w.Weights = append(w.Weights, plot.Weight{Name: known[i], Value: plot.Float(v / std), Per: units[known[i]], Std: plot.Float(std)})
	}
	return w
}

func (t *tour) reproduce() report.Reproduce {
	train := t.Name + " train --data " + t.node(t.lab.data.String(), trainNode) + " --target " + target + " --use " + strings.Join(known, ",") +
		" --pipeline 'scale | sgd-regressor' --holdout 0 -o my-model"
	return report.Reproduce{
		Commands: append([]string{t.Name + " tour --memory " + memory.FlagSize(t.Budget.Cap()), train}, t.next()[:3]...),
		Versions: []report.Pair{{Name: "outcore", Value: t.Version}, {Name: "go", Value: runtime.Version()}, {Name: "machine", Value: fmt.Sprintf("%s/%s, %d cores", runtime.GOOS, runtime.GOARCH, t.Jobs)}},
		Digests: []report.Pair{
			{Name: "data", Value: "snapshot " + t.result.Data}, {Name: "model", Value: t.result.Digest},
			{Name: "branches " + killedBranch + ", " + undisturbedBranch, Value: t.result.Trial},
		},
	}
}

// history is the lab's, with the commands that show more of it.
func (t *tour) history(commits []commit) *report.History {
	h := &report.History{
		Place: t.paths.lab,
		Commands: []string{
			t.Name + " repo log " + t.paths.lab,
			t.Name + " repo diff " + shellword.Quote(t.paths.lab) + " " + shortID(t.lab.data) + " " + tag,
			t.Name + " repo digest " + t.node(killedBranch, "/"),
			t.Name + " array stat " + t.node(tag, trainNode+"/"+target),
			t.Name + " predict --model " + t.node(tag, modelNode+"scaled") + " --data " + t.node(tag, testNode),
			"python " + shellword.Quote(t.paths.python),
		},
	}
	for _, c := range commits {
		h.Snapshots = append(h.Snapshots, report.Snapshot{
			ID: shortID(c.ID), Time: time.UnixMicro(c.Flushed).Format("15:04:05"), Message: c.Message, Refs: c.refs, Changes: c.changes,
		})
	}
	return h
}

// pythonText opens the lab without a word of ours.
const pythonText = `# Opens what the tour made, in Python: pip install icechunk xarray
import pathlib

import icechunk
import xarray

lab = pathlib.Path(__file__).parent / "lab"
repo = icechunk.Repository.open(icechunk.local_filesystem_storage(str(lab)))
for snapshot in repo.ancestry(tag="%[1]s"):
    print(snapshot.id, snapshot.message)
store = repo.readonly_session(tag="%[1]s").store
flights = xarray.open_zarr(store, group="%[2]s", consolidated=False, chunks=None)
print(flights)
print("mean of %[3]s:", float(flights["%[3]s"].mean(dtype="float64")))
`

// writeReport writes the page whole.
func writeReport(path string, page *report.Report) error {
	return blob.FileError("write the report", path, stageReport(path, page))
}

func stageReport(path string, page *report.Report) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := page.HTML(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
