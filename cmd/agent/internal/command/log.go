// SPDX-License-Identifier: Apache-2.0

package command

import (
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// alarm tells that the region rewrote its history, if this agent saw that.
func (d *desk) alarm() (*cli.Problem, error) {
	w, err := d.identity.Witness()
	if err != nil {
		return nil, badState(d.config, err)
	}
	alarm, err := w.Alarm()
	if err != nil {
		return nil, badState(d.config, err)
	}
	return alarm, nil
}

// asError is a problem as an error, nil when there is none.
func asError(p *cli.Problem) error {
	if p == nil {
		return nil
	}
	return p
}

// signLog shows what was seen of the evidence log of the region; nothing when nothing was.
func signLog(d *desk) []sign {
	part := scanner.Text{FR: "journal de preuves de la région", EN: "evidence log of the region"}
	alarm, err := d.alarm()
	if err != nil {
		return []sign{signOf(part, err)}
	}
	if alarm != nil {
		return []sign{{part: part, health: broken, seen: alarm.Sentence, hint: alarm.Hint}}
	}
	w, err := d.identity.Witness()
	if err != nil {
		return []sign{signOf(part, err)}
	}
	seen, err := w.Seen()
	switch {
	case err != nil:
		return []sign{signOf(part, err)}
	case seen.Size() == 0:
		return nil
	}
	return []sign{{part: part, seen: settings.Say("suivi sans rupture jusqu'à %d feuilles, le %s", "followed without a break up to %d leaves, on %s", seen.Size(), settings.DayText(seen.At))}}
}
