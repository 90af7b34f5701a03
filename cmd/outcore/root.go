package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
)

// version is what `outcore version` prints; a release sets it with -ldflags.
var version = "0.1-dev"

// A program is one invocation: its streams and the flags every verb shares.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	memory   string
	jobs     int
	temp     string
	json     bool
	quiet    bool
	logLevel string
	dryRun   bool

	exit int // set by a job that ended other than by an error
}

const start = `Out-of-core analytics and machine learning in one program.

Five things to type:
  outcore tour                         see it work on real data, in half a minute
  outcore chunk big.csv.bz2 chunks/    text of any size to chunks, in parallel
  outcore train --data chunks/ --target Y --pipeline auto -o model/
  outcore predict --model model/ --data new.csv
  outcore train --list                 every step and parameter there is
`

// execute runs one command line and returns its exit code.
func execute(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	root := p.root()
	root.SetArgs(args)
	if err := root.Execute(); err != nil {
		return p.fail(verb(root, args), err)
	}
	return p.exit
}

// root is the tree of commands.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "outcore",
		Short:         "Out-of-core analytics and machine learning in one program",
		Long:          start,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			_, err := fmt.Fprint(p.stdout, start)
			return err
		},
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, err) })
	f := root.PersistentFlags()
	f.StringVar(&p.memory, "memory", "", "most memory of the whole process, such as 512MiB (default 60 % of the machine's or container's)")
	f.IntVar(&p.jobs, "jobs", 0, "CPU workers; the result does not depend on it (default: cores)")
	f.StringVar(&p.temp, "temp", "", "directory for temporary files (default: beside the output)")
	f.BoolVar(&p.json, "json", false, "last line of stdout is one JSON status object; all else goes to stderr")
	f.BoolVar(&p.quiet, "quiet", false, "no progress: warnings and errors only")
	f.StringVar(&p.logLevel, "log-level", "info", "debug, info, warn or error")
	root.AddGroup(
		&cobra.Group{ID: "data", Title: "Data:"},
		&cobra.Group{ID: "learn", Title: "Learn:"},
		&cobra.Group{ID: "show", Title: "Show:"},
		&cobra.Group{ID: "system", Title: "System:"},
	)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "Flags.FlagUsages ", fmt.Sprintf("Flags.FlagUsagesWrapped %d ", defaultWidth)))
	root.SetHelpCommandGroupID("system")
	root.SetCompletionCommandGroupID("system")
	for _, c := range p.commands() {
		root.AddCommand(c)
	}
	offerChoices(root)
	return root
}

// unknownVerb names the nearest verb below cmd.
func unknownVerb(cmd *cobra.Command, name string) error {
	var have []string
	for _, c := range cmd.Commands() {
		have = append(have, c.Name())
	}
	return usage("unknown verb %q%s; see %s --help", name, errs.Suggest(name, have), cmd.CommandPath())
}

// group makes the RunE of a verb that has verbs below it only.
func group(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownVerb(cmd, args[0])
	}
	return cmd.Help()
}

// A usageError is a command line that makes no sense: exit 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// aboutFlag reports whether err is about the value of a flag: such a message
// begins with the flag, in every package that checks options.
func aboutFlag(err error) bool {
	var e *errs.Error
	return errors.As(err, &e) && e.Pos == (errs.Position{}) && strings.HasPrefix(e.Msg, "--") &&
		(e.Kind == errs.Invalid || e.Kind == errs.NotFound)
}

// flagError turns pflag's complaint into one that names the nearest flag.
func flagError(cmd *cobra.Command, err error) error {
	msg := err.Error()
	if name, ok := strings.CutPrefix(msg, "unknown flag: --"); ok {
		var have []string
		cmd.Flags().VisitAll(visit(&have))
		cmd.InheritedFlags().VisitAll(visit(&have))
		msg += errs.Suggest(name, have)
	}
	return usage("%s; see %s --help", msg, cmd.CommandPath())
}

// notZero refuses a 0 that was given for a flag whose default is written so.
func notZero(f *pflag.FlagSet, names ...string) error {
	for _, name := range names {
		if f.Changed(name) && f.Lookup(name).Value.String() == "0" {
			return usage("--%s is 0, expected 1 or more", name)
		}
	}
	return nil
}

// Exit codes (the command line's contract).
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitRefused  = 3
	exitConflict = 4
)

// exitCode maps an error to the exit code of the process.
func exitCode(err error) int {
	var u usageError
	var s signalError
	var refused *memory.RefusedError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &s):
		return 128 + s.number
	case errors.As(err, &u), aboutFlag(err):
		return exitUsage
	case errors.As(err, &refused):
		return exitRefused
	case errors.Is(err, errs.Conflict):
		return exitConflict
	}
	return exitFailed
}

// fail prints err once, with --json as a status too, and returns the exit code.
func (p *program) fail(verb string, err error) int {
	var done reportedError
	if errors.As(err, &done) {
		return exitCode(err)
	}
	fmt.Fprintf(p.stderr, "outcore: %v\n", err)
	if p.json {
		line, jsonErr := json.Marshal(status{Schema: "outcore.status/v1", Verb: verb, Exit: exitCode(err), Error: err.Error()})
		if jsonErr == nil {
			fmt.Fprintf(p.stdout, "%s\n", line)
		}
	}
	return exitCode(err)
}

// verb is the verb that args name: "repo ls".
func verb(root *cobra.Command, args []string) string {
	cmd, _, err := root.Find(args)
	if err != nil || cmd == root {
		return ""
	}
	return strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")
}
