package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/internal/shellword"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/run"
)

func (p *program) runsCommand() *cobra.Command {
	runs := &cobra.Command{
		Use:     "runs",
		Short:   "List what was run and show how it went",
		GroupID: "show",
		Example: "  outcore runs ls\n  outcore runs show last",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	var most int
	ls := &cobra.Command{
		Use:     "ls",
		Short:   "List runs, newest first",
		Example: "  outcore runs ls -n 5\n  outcore runs ls --json",
		Args:    exactly(0, "none"),
		RunE:    func(*cobra.Command, []string) error { return p.listRuns(most) },
	}
	ls.Flags().IntVarP(&most, "most", "n", 20, "list at most this many; 0 lists all")
	show := &cobra.Command{
		Use:     "show RUN",
		Short:   "Show one run: its command, steps, peak memory and end",
		Long:    "Show one run. RUN is an ID, the beginning of one, or \"last\".",
		Example: "  outcore runs show last\n  outcore runs show 20261120-14",
		Args:    exactly(1, "a run's ID, its beginning, or \"last\""),
		RunE:    func(_ *cobra.Command, args []string) error { return p.showRun(args[0]) },

		ValidArgsFunction: offerRuns,
	}
	runs.AddCommand(ls, show)
	return runs
}

func (p *program) listRuns(most int) error {
	home, err := run.Home()
	if err != nil {
		return err
	}
	list, err := run.List(home)
	if err != nil {
		return err
	}
	if most > 0 {
		list = list[:min(most, len(list))]
	}
	if p.json {
		return json.NewEncoder(p.stdout).Encode(struct {
			Schema string     `json:"schema"`
			Runs   []run.Info `json:"runs"`
		}{"outcore.runs/v1", slices.Concat([]run.Info{}, list)})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintf(p.stdout, "no runs yet in %s\n", home)
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tSTATUS\tSTART\tTOOK\tCOMMAND")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Status, r.Start.Local().Format("2006-01-02 15:04:05"), took(r), ellipsis(strings.Join(r.Args, " "), 60))
	}
	return w.Flush()
}

func (p *program) showRun(id string) error {
	home, err := run.Home()
	if err != nil {
		return err
	}
	info, events, err := run.Load(home, id)
	if err != nil {
		return err
	}
	if p.json {
		return json.NewEncoder(p.stdout).Encode(struct {
			Schema string        `json:"schema"`
			Run    run.Info      `json:"run"`
			Events []event.Event `json:"events"`
		}{"outcore.run/v1", info, events})
	}
	w := p.stdout
	fmt.Fprintf(w, "run      %s\nstatus   %s (exit %d)\ncommand  outcore %s\nin       %s\nstart    %s, took %s\n",
		info.ID, info.Status, info.Exit, shellword.Join(info.Args), info.Dir, info.Start.Local().Format(time.RFC3339), took(info))
	if info.Error != "" {
		fmt.Fprintf(w, "error    %s\n", info.Error)
	}
	var peak float64
	began := map[string]time.Time{}
	for _, e := range events {
		switch e.Kind {
		case event.Start:
			began[e.Step] = e.Time
		case event.End:
			fmt.Fprintf(w, "step     %-20s %d %s%s, %.1f s\n", e.Step, e.Done, e.Unit, rows(e), e.Time.Sub(began[e.Step]).Seconds())
		case event.Warning:
			fmt.Fprintf(w, "warning  %s\n", e.Message)
		case event.Memory:
			peak = max(peak, e.Fields["rss"])
		}
	}
	if peak > 0 {
		fmt.Fprintf(w, "memory   peak %s resident\n", memory.FormatSize(int64(peak)))
	}
	return nil
}

// took is how long a run took, or has taken so far.
func took(r run.Info) string {
	end := r.End
	switch {
	case r.Status == run.Crashed:
		return "?"
	case end.IsZero():
		end = time.Now()
	}
	return end.Sub(r.Start).Round(100 * time.Millisecond).String()
}

// ellipsis cuts s to at most n characters.
func ellipsis(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// exactly checks the number of arguments and says what they should be.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("found %d arguments %q, expected %d: %s; see %s --help", len(args), args, n, what, cmd.CommandPath())
		}
		return nil
	}
}
