package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// A diffLine is one path that differs.
type diffLine struct {
	Change string `json:"change"` // new, deleted, moved, metadata or chunks
	Kind   string `json:"kind"`   // group or array
	Path   string `json:"path"`
	From   string `json:"from,omitempty"` // of what was moved: its path before
	Chunks int64  `json:"chunks,omitempty"`
}

func (p *program) repoDiffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff ADDRESS FROM [TO]",
		Short: "List what changed between two versions",
		Long: `List what changed between two versions: branches, tags or snapshots, the first
of which the second goes back to. TO is the address's own version when left out
(main, if it names none). What one commit changed is the diff from its parent.`,
		Example: "  outcore repo diff data/lab v1\n  outcore repo diff data/lab v1 experiment --json",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 && len(args) != 3 {
				return usage("found %d arguments %q, expected 2 or 3: a repository and one or two versions; see %s --help", len(args), args, cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.looking(cmd, args[0], func(ctx context.Context, pl *place) error {
				if err := pl.whole(); err != nil {
					return err
				}
				to := pl.ref
				if len(args) == 3 {
					to = args[2]
				}
				a, err := pl.Resolve(ctx, args[1])
				if err != nil {
					return err
				}
				b, err := pl.Resolve(ctx, to)
				if err != nil {
					return err
				}
				d, err := pl.Diff(ctx, a, b)
				if isKind(err, errs.Invalid) {
					return pl.apart(ctx, a, b, err)
				}
				if err != nil {
					return err
				}
				return p.printDiff(a.String(), b.String(), diffLines(d))
			})
		},
	}
}

// apart adds to the error for versions of which b does not go back to a what can be
// compared instead.
func (pl *place) apart(ctx context.Context, a, b format.ObjectID, err error) error {
	before := map[format.ObjectID]bool{}
	for s, err := range pl.Log(ctx, a.String()) {
		if err != nil {
			return err
		}
		before[s.ID] = true
	}
	for s, err := range pl.Log(ctx, b.String()) {
		if err != nil {
			return err
		}
		if !before[s.ID] {
			continue
		}
		e := errs.New(errs.Invalid, "snapshot %s is no ancestor of %s", a, b).At(errs.Position{File: pl.at("", "")})
		if s.ID == b {
			return e.WithFix("outcore repo diff '%s' %s %s", pl.at("", ""), b, a)
		}
		return e.WithFix("they have %s in common: outcore repo diff '%s' %s %s, and the same with %s", s.ID, pl.at("", ""), s.ID, b, a)
	}
	return err
}

// diffLines lists a Diff in order of paths.
func diffLines(d *icechunk.Diff) []diffLine {
	lines := []diffLine{}
	add := func(change, kind string, paths []string) {
		for _, path := range paths {
			lines = append(lines, diffLine{Change: change, Kind: kind, Path: path})
		}
	}
	add("new", "group", d.NewGroups)
	add("new", "array", d.NewArrays)
	add("deleted", "group", d.DeletedGroups)
	add("deleted", "array", d.DeletedArrays)
	add("metadata", "group", d.UpdatedGroups)
	add("metadata", "array", d.UpdatedArrays)
	for _, m := range d.Moved {
		kind := "group"
		if m.Array {
			kind = "array"
		}
		lines = append(lines, diffLine{Change: "moved", Kind: kind, Path: m.To, From: m.From})
	}
	for _, path := range slices.Sorted(maps.Keys(d.Chunks)) {
		lines = append(lines, diffLine{Change: "chunks", Kind: "array", Path: path, Chunks: d.Chunks[path]})
	}
	slices.SortStableFunc(lines, func(a, b diffLine) int { return strings.Compare(a.Path, b.Path) })
	return lines
}

func (p *program) printDiff(from, to string, lines []diffLine) error {
	if p.json {
		return p.object("outcore.repo.diff/v1", struct {
			From    string     `json:"from"`
			To      string     `json:"to"`
			Changes []diffLine `json:"changes"`
		}{from, to, lines})
	}
	if len(lines) == 0 {
		_, err := fmt.Fprintln(p.stdout, "nothing differs")
		return err
	}
	for _, l := range lines {
		var err error
		switch l.Change {
		case "chunks":
			_, err = fmt.Fprintf(p.stdout, "changed   %s: %s\n", visible(l.Path), counted(l.Chunks, "chunk"))
		case "moved":
			_, err = fmt.Fprintf(p.stdout, "moved     %s %s from %s\n", l.Kind, visible(l.Path), visible(l.From))
		case "metadata":
			_, err = fmt.Fprintf(p.stdout, "changed   %s: metadata of the %s\n", visible(l.Path), l.Kind)
		default:
			_, err = fmt.Fprintf(p.stdout, "%-9s %s %s\n", l.Change, l.Kind, visible(l.Path))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// counted is n things.
func counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
