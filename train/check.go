package train

import (
	"slices"

	"github.com/outcore/outcore/errs"
)

// checkRoles finds columns that are to be learned from and left out, or
// predicted, at once.
func (c *Config) checkRoles() error {
	for _, f := range c.Roles.Inputs {
		switch {
		case f.Name == c.Roles.Target:
			return errs.New(errs.Invalid, "column %s is to be predicted and learned from", f.Name).WithFix("leave it out of --use")
		case f.Name == c.Roles.Weight:
			return errs.New(errs.Invalid, "column %s is to be the weight and learned from", f.Name).WithFix("leave it out of --use")
		case slices.Contains(c.Roles.Leave, f.Name):
			return errs.New(errs.Invalid, "column %s is in --use and in --leave", f.Name).WithFix("leave it out of one of them")
		}
	}
	return nil
}

// checkTarget finds a target that the learner cannot learn, before any pass.
func (c *Config) checkTarget() error {
	for _, col := range columns(c.Data.Schema()) {
		if col.Name == c.Roles.Target && c.Roles.Target != "" {
			return c.Pipeline.CheckTarget(col)
		}
	}
	return nil
}

// checkPasses finds data that can be read only once where more is needed.
func (c *Config) checkPasses() error {
	passes := len(c.Pipeline.Plan()) + c.Epochs - 1
	if c.Online || c.Pipeline.Learner() == nil {
		passes = 1
	}
	if c.Holdout > 0 {
		passes++
	}
	for _, f := range c.Data.Files() {
		if f.Size < 0 && passes > 1 {
			return errs.New(errs.Unsupported, "standard input can be read once, and this training reads the data %d times", passes).
				WithFix("save it to a file; or --online --holdout 0, which is one pass")
		}
	}
	return nil
}
