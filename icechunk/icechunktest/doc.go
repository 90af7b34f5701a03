// Package icechunktest plays two engines against each other on one repository:
// ours, and the official one as a process of Node or Python. Random steps go to
// one or the other, a model keeps what must be there, and after every commit both
// must show it: refs, history, nodes, documents and chunks byte for byte.
package icechunktest
