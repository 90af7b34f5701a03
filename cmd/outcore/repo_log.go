package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/icechunk/format"
)

// A commitInfo is one line of the history.
type commitInfo struct {
	ID       string         `json:"id"`
	Parent   string         `json:"parent,omitempty"`
	Time     time.Time      `json:"time"`
	Message  string         `json:"message"`
	Refs     []string       `json:"refs,omitempty"` // branches and tags that point here
	Metadata map[string]any `json:"metadata,omitempty"`
}

func (p *program) repoLogCommand() *cobra.Command {
	var most int
	var ops bool
	cmd := &cobra.Command{
		Use:   "log ADDRESS",
		Short: "List the snapshots, newest first",
		Long: `List the snapshots of a branch, or those a tag or snapshot goes back to, newest
first. With --ops, list what was done to the repository instead: commits on all
branches, branches and tags made and removed.`,
		Example: "  outcore repo log data/lab\n  outcore repo log 'data/lab@experiment#/' -n 5\n  outcore repo log data/lab --ops --json",
		Args:    exactly(1, "the address of a repository"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.looking(cmd, args[0], func(ctx context.Context, pl *place) error {
				if err := pl.whole(); err != nil {
					return err
				}
				if ops {
					return p.listUpdates(ctx, pl, most)
				}
				return p.listSnapshots(ctx, pl, most)
			})
		},
	}
	cmd.Flags().IntVarP(&most, "most", "n", 20, "list at most this many; 0 lists all")
	cmd.Flags().BoolVar(&ops, "ops", false, "list what was done to the repository, branches and tags too")
	return cmd
}

func (p *program) listSnapshots(ctx context.Context, pl *place, most int) error {
	names, err := refNames(ctx, pl)
	if err != nil {
		return err
	}
	list := []commitInfo{}
	for s, err := range pl.Log(ctx, pl.ref) {
		if err != nil {
			return err
		}
		if most > 0 && len(list) == most {
			break
		}
		c := commitInfo{ID: s.ID.String(), Time: micros(s.Flushed), Message: s.Message, Refs: names[s.ID]}
		if s.Parent != (format.ObjectID{}) {
			c.Parent = s.Parent.String()
		}
		for _, m := range s.Meta {
			if c.Metadata == nil {
				c.Metadata = map[string]any{}
			}
			c.Metadata[m.Name] = m.Value
		}
		list = append(list, c)
	}
	if p.json {
		return p.object("outcore.repo.log/v1", struct {
			Snapshots []commitInfo `json:"snapshots"`
		}{list})
	}
	for _, c := range list {
		refs := ""
		if len(c.Refs) > 0 {
			refs = " (" + visible(strings.Join(c.Refs, ", ")) + ")"
		}
		if _, err := fmt.Fprintf(p.stdout, "%s  %s  %s%s\n", c.ID, c.Time.Local().Format("2006-01-02 15:04:05"), oneLine(c.Message), refs); err != nil {
			return err
		}
	}
	return nil
}

// refNames lists the branches and tags by snapshot.
func refNames(ctx context.Context, pl *place) (map[format.ObjectID][]string, error) {
	branches, err := pl.Branches(ctx)
	if err != nil {
		return nil, err
	}
	tags, err := pl.Tags(ctx)
	if err != nil {
		return nil, err
	}
	names := map[format.ObjectID][]string{}
	for _, r := range branches {
		names[r.Snapshot] = append(names[r.Snapshot], r.Name)
	}
	for _, r := range tags {
		names[r.Snapshot] = append(names[r.Snapshot], "tag "+r.Name)
	}
	return names, nil
}

// An updateInfo is one line of what was done.
type updateInfo struct {
	Time time.Time `json:"time"`
	What string    `json:"what"`
}

func (p *program) listUpdates(ctx context.Context, pl *place, most int) error {
	list := []updateInfo{}
	for u, err := range pl.Updates(ctx) {
		if err != nil {
			return err
		}
		if most > 0 && len(list) == most {
			break
		}
		list = append(list, updateInfo{micros(u.At), updateText(u)})
	}
	if p.json {
		return p.object("outcore.repo.updates/v1", struct {
			Updates []updateInfo `json:"updates"`
		}{list})
	}
	for _, u := range list {
		if _, err := fmt.Fprintf(p.stdout, "%s  %s\n", u.Time.Local().Format("2006-01-02 15:04:05"), visible(u.What)); err != nil {
			return err
		}
	}
	return nil
}

// updateText says what u did.
func updateText(u format.Update) string {
	switch u.Kind {
	case format.RepoInitialized:
		return "repository made"
	case format.RepoMigrated:
		return fmt.Sprintf("migrated from version %d to %d", u.From, u.To)
	case format.ConfigChanged:
		return "configuration changed"
	case format.MetadataChanged:
		return "metadata changed"
	case format.TagCreated:
		return "tag " + u.Name + " made"
	case format.TagDeleted:
		return fmt.Sprintf("tag %s removed, was %s", u.Name, u.Previous)
	case format.BranchCreated:
		return "branch " + u.Name + " made"
	case format.BranchDeleted:
		return fmt.Sprintf("branch %s removed, was %s", u.Name, u.Previous)
	case format.BranchReset:
		return fmt.Sprintf("branch %s moved, was %s", u.Name, u.Previous)
	case format.NewCommit:
		return fmt.Sprintf("commit %s on %s", u.New, u.Name)
	case format.CommitAmended:
		return fmt.Sprintf("commit %s on %s, in place of %s", u.New, u.Name, u.Previous)
	case format.NewDetachedSnapshot:
		return fmt.Sprintf("snapshot %s on no branch", u.New)
	case format.GCRan:
		return "garbage collected"
	case format.ExpirationRan:
		return "snapshots expired"
	case format.FeatureFlagChanged:
		return fmt.Sprintf("feature flag %d changed", u.Flag)
	case format.RepoStatusChanged:
		return "status changed"
	}
	return fmt.Sprintf("update of kind %d", u.Kind)
}

// micros is a time of the format.
func micros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// oneLine is the first line of a message.
func oneLine(s string) string {
	line, _, more := strings.Cut(s, "\n")
	if more {
		line += " …"
	}
	return visible(line)
}

// visible is a text of a repository, which anybody may have written, with the
// characters escaped that would command a terminal.
func visible(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if unicode.IsControl(c) {
			b.WriteString(strings.Trim(strconv.QuoteRune(c), "'"))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
