// SPDX-License-Identifier: Apache-2.0

package command

import (
	"log/slog"

	"carescan/checks"
	"carescan/cmd/agent/internal/spool"
	"carescan/reports/bundle"
	"carescan/scanner/probes/history"
)

// remember adds a sealed run to the memory of the establishment, once. The bundle
// is whole and kept whatever happens: what could not be remembered now is in the
// spool still, see catchUp.
func (d *desk) remember(s history.Sealed) {
	if err := d.past.Keep(s, checks.All()); err != nil {
		slog.Warn("the run could not be remembered", "bundle", s.Run.ID, "error", err)
	}
}

// catchUp remembers the runs that were sealed and not remembered, because the
// agent was killed or the disk refused in between, or because the memory is lost.
// Runs are told in the order of their seals, so it comes before the next one is
// looked at, and before it is sealed.
func (d *desk) catchUp() {
	establishment := d.config.Establishment.Identity().Target()
	known, err := d.past.Recall(establishment)
	if err != nil {
		slog.Warn("the memory of earlier runs is made again of the bundles kept here", "error", err)
	}
	entries, err := d.spool.All()
	if err != nil {
		slog.Warn("the runs sealed before could not be listed", "error", err)
	}
	sealed := map[string]spool.Entry{}
	var ids []string
	for _, e := range entries {
		sealed[e.ID], ids = e, append(ids, e.ID)
	}
	for _, id := range history.Untold(known, ids) {
		raw, err := readFile(sealed[id].Path)
		if err != nil {
			slog.Warn("a run sealed before could not be remembered", "bundle", id, "error", err)
			continue
		}
		opened, err := bundle.Open(raw, bundle.Options{})
		if err != nil {
			slog.Warn("a run sealed before could not be remembered", "bundle", id, "error", err)
			continue
		}
		// Several establishments may have been looked at from one state folder.
		if opened.Run.Establishment.Target() == establishment {
			d.remember(history.Sealed{Run: opened.Run, Bundle: opened.Digest, Seq: opened.Header.Seq})
		}
	}
}
