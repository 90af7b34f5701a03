package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// A refInfo is one branch or tag.
type refInfo struct {
	Name     string `json:"name"`
	Snapshot string `json:"snapshot"`
}

func (p *program) repoBranchCommand() *cobra.Command {
	var at string
	var remove, reset bool
	cmd := &cobra.Command{
		Use:   "branch ADDRESS [NAME]",
		Short: "List, make, move and remove branches",
		Long: `List the branches of a repository, or make the branch NAME at a version (that
of the address, or --at). --reset moves a branch that is there, --delete
removes it: what only it led to can then be reached by snapshot ID alone.`,
		Example: `  outcore repo branch data/lab
  outcore repo branch data/lab experiment
  outcore repo branch data/lab experiment --reset --at v1
  outcore repo branch data/lab experiment --delete --dry-run`,
		Args: oneOrTwo,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.looking(cmd, args[0], func(ctx context.Context, pl *place) error {
				if err := pl.whole(); err != nil {
					return err
				}
				if len(args) == 1 {
					list, err := pl.Branches(ctx)
					if err != nil {
						return err
					}
					return p.listRefs("outcore.repo.branches/v1", list)
				}
				if remove && reset {
					return usage("found --delete and --reset, expected one of them")
				}
				return p.changeBranch(ctx, pl, args[1], at, remove, reset)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&at, "at", "", "the version the branch is made at or moved to (default: the address's, or main)")
	f.BoolVar(&remove, "delete", false, "remove the branch")
	f.BoolVar(&reset, "reset", false, "move a branch that is there")
	f.BoolVar(&p.dryRun, "dry-run", false, "say what would be done, without doing it")
	return cmd
}

func (p *program) changeBranch(ctx context.Context, pl *place, name, at string, remove, reset bool) error {
	if at == "" {
		at = pl.ref
	}
	to, err := pl.Resolve(ctx, at)
	if err != nil {
		return err
	}
	var from format.ObjectID
	if remove || reset {
		if from, err = refAt(ctx, pl.Branches, "branch", name); err != nil {
			return err
		}
	}
	switch {
	case remove:
		return p.done(fmt.Sprintf("branch %s, at %s", name, from), "removed", func() error { return pl.DeleteBranch(ctx, name, from) })
	case reset:
		return p.done(fmt.Sprintf("branch %s, from %s to %s", name, from, to), "moved", func() error { return pl.ResetBranch(ctx, name, from, to) })
	}
	return p.done(fmt.Sprintf("branch %s at %s", name, to), "made", func() error { return pl.CreateBranch(ctx, name, to) })
}

func (p *program) repoTagCommand() *cobra.Command {
	var at string
	var remove bool
	cmd := &cobra.Command{
		Use:   "tag ADDRESS [NAME]",
		Short: "List, make and remove tags",
		Long: `List the tags of a repository, or give a version (that of the address, or --at)
the name NAME. A tag never moves, and the name of a removed tag cannot be used
again.`,
		Example: `  outcore repo tag data/lab
  outcore repo tag data/lab v1
  outcore repo tag 'data/lab@experiment#/' trial-3
  outcore repo tag data/lab v1 --delete --dry-run`,
		Args: oneOrTwo,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.looking(cmd, args[0], func(ctx context.Context, pl *place) error {
				if err := pl.whole(); err != nil {
					return err
				}
				if len(args) == 1 {
					list, err := pl.Tags(ctx)
					if err != nil {
						return err
					}
					return p.listRefs("outcore.repo.tags/v1", list)
				}
				name := args[1]
				if remove {
					from, err := refAt(ctx, pl.Tags, "tag", name)
					if err != nil {
						return err
					}
					return p.done(fmt.Sprintf("tag %s, at %s", name, from), "removed", func() error { return pl.DeleteTag(ctx, name) })
				}
				if at == "" {
					at = pl.ref
				}
				to, err := pl.Resolve(ctx, at)
				if err != nil {
					return err
				}
				return p.done(fmt.Sprintf("tag %s at %s", name, to), "made", func() error { return pl.CreateTag(ctx, name, to) })
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&at, "at", "", "the version that gets the name (default: the address's, or main)")
	f.BoolVar(&remove, "delete", false, "remove the tag")
	f.BoolVar(&p.dryRun, "dry-run", false, "say what would be done, without doing it")
	return cmd
}

// done does something, or with --dry-run says that it would.
func (p *program) done(what, verb string, do func() error) error {
	word := verb
	if p.dryRun {
		word = "would be " + verb
	} else if err := do(); err != nil {
		return err
	}
	if p.json {
		return p.object("outcore.repo.ref/v1", struct {
			What string `json:"what"`
			Done bool   `json:"done"`
		}{what + " " + verb, !p.dryRun})
	}
	_, err := fmt.Fprintf(p.stdout, "%s %s\n", what, word)
	return err
}

// refAt finds where a branch or tag points.
func refAt(ctx context.Context, list func(context.Context) ([]format.Ref, error), kind, name string) (format.ObjectID, error) {
	refs, err := list(ctx)
	if err != nil {
		return format.ObjectID{}, err
	}
	var have []string
	for _, r := range refs {
		if r.Name == name {
			return r.Snapshot, nil
		}
		have = append(have, r.Name)
	}
	return format.ObjectID{}, errs.New(errs.NotFound, "no %s %q%s", kind, name, errs.Suggest(name, have))
}

func (p *program) listRefs(schema string, refs []format.Ref) error {
	list := []refInfo{}
	for _, r := range refs {
		list = append(list, refInfo{r.Name, r.Snapshot.String()})
	}
	if p.json {
		return p.object(schema, struct {
			Refs []refInfo `json:"refs"`
		}{list})
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\n", visible(r.Name), r.Snapshot)
	}
	return w.Flush()
}

func oneOrTwo(cmd *cobra.Command, args []string) error {
	if len(args) != 1 && len(args) != 2 {
		return usage("found %d arguments %q, expected 1 or 2: a repository and a name; see %s --help", len(args), args, cmd.CommandPath())
	}
	return nil
}
