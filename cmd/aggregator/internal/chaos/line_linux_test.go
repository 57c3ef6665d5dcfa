// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"strings"

	"carescan/scanner/guard/netlab"
)

// line is what agents reach the region by: the cable of a lab, and rules at its end.
type line struct {
	lab  *netlab.Lab
	hurt bool
}

// The ways in which a line fails, as rules at the region's end.
const (
	silent  = "drop"
	refused = "reject with tcp reset"
	// starved lets so little through that a large body takes long, and loses some of it.
	starved = "limit rate over 400 kbytes/second burst 60 kbytes drop"
)

func (l *line) install(w *world) {
	for _, words := range []string{
		"add table inet chaos",
		"add chain inet chaos came { type filter hook input priority 0 ; }",
	} {
		w.run(l.lab.WorldCommand(w.t.Context(), "nft", words))
	}
}

// fail makes the line fail in one way, to a port.
func (l *line) fail(w *world, port, way string) {
	l.hurt = true
	w.run(l.lab.WorldCommand(w.t.Context(), "nft", "add rule inet chaos came tcp dport "+port+" "+way))
}

// unplug takes the cable out.
func (l *line) unplug(w *world) {
	l.hurt = true
	w.run(l.lab.WorldCommand(w.t.Context(), "ip", strings.Fields("link set cable down")...))
}

// mend makes the line whole.
func (l *line) mend(w *world) {
	if !l.hurt {
		return
	}
	l.hurt = false
	w.run(l.lab.WorldCommand(w.t.Context(), "nft", "flush chain inet chaos came"))
	w.run(l.lab.WorldCommand(w.t.Context(), "ip", strings.Fields("link set cable up")...))
}
