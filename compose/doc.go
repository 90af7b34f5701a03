// Package compose puts steps in a row: a Pipeline is read from text or YAML,
// bound to the columns of a source, fitted in planned passes, asked, and kept
// as a Model in a folder.
//
//	p, err := compose.Parse("impute | one-hot(max_categories=20) | scale | sgd-regressor(alpha=1e-5)")
//	err = p.Bind(assembler.Schema())
//	for {
//		pass := p.Plan()[0]
//		… every block of 4,096 rows: parts, err := p.Part(pass, frame)  // in any worker
//		                             err = p.Merge(pass, parts)         // in order
//		err = p.Finish(pass)
//	}
//	… every batch: t, err := p.Transform(frame)                         // in any worker
//	               err = p.PartialFit(t)                                // in order
//
// A pass fits every exact step whose inputs are final; the last pass is the
// learner's, and may be made again for another epoch. Online does all of it
// on each batch instead.
//
// Which steps there are is not known here: import the packages that register
// them. The package reads no data (train does).
package compose
