// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// seen is how many targets of each kind of fact a run of Crowded looked at, as one of a
// middling hospital does.
var seen = map[string]int{
	"dns-zone": 3, "zone-transfer": 3, "dns-delegation": 3, "dns-recursion": 3, "dnssec": 3, "registration": 3, "mail-policy": 4,
	"mail-servers": 3, "name-inventory": 4, "web-site": 11, "products": 13, "tls-endpoint": 11, "template-matches": 15, "host-services": 4,
	"directory": 1, "source": 3, "accounts": 2, "hosting": 3, "attestations": 1,
}

// templatesRun is how many templates a look at a site tries.
const templatesRun = 133

// Crowded makes the run of an honest agent that looked at a whole hospital: some 500
// findings. What it saw are the richest facts of the cases of the checks.
func Crowded(t testing.TB, site scanner.Establishment, ended time.Time) scanner.Run {
	t.Helper()
	var observations []scanner.Observation
	facts := richestFacts(t)
	for _, kind := range slices.Sorted(maps.Keys(seen)) {
		for n := range seen[kind] {
			o := facts[kind]
			o.Target.ID = strings.Replace(o.Target.ID, "chu.test", fmt.Sprintf("chu%d.test", n), 1)
			if o.Target == facts[kind].Target && n > 0 {
				o.Target.ID = strings.Replace(fmt.Sprint(o.Target.ID, n), "192.0.2.10", "192.0.2.1", 1)
			}
			if o.Target.Kind == scanner.KindEstablishment {
				o.Target = site.Target()
			}
			o.At, o.Artifacts = ended, nil
			if o.Vantage != scanner.VantageDeclared && o.Vantage != scanner.VantageInside {
				o.Vantage = scanner.VantageInternet
			}
			observations = append(observations, o.Identify())
		}
	}
	return Concluded(t, site, ended, scanner.VantageInternet, observations...)
}

// richest are read once: there are thousands of cases.
var richest struct {
	sync.Mutex
	of map[string]scanner.Observation // by kind of fact
}

// richestFacts finds the observation of each kind whose fact is the longest.
func richestFacts(t testing.TB) map[string]scanner.Observation {
	t.Helper()
	richest.Lock()
	defer richest.Unlock()
	if richest.of == nil {
		richest.of = readRichest(t)
	}
	return richest.of
}

func readRichest(t testing.TB) map[string]scanner.Observation {
	t.Helper()
	files := must(filepath.Glob(filepath.Join(checksFolder(t), "*", "*", "testdata", "*.txtar")))(t)
	found := map[string]scanner.Observation{}
	for _, file := range files {
		var o scanner.Observation
		for _, section := range must(txtar.ParseFile(file))(t).Files {
			if section.Name != "observation.json" {
				continue
			}
			if err := json.Unmarshal(section.Data, &o); err != nil {
				t.Fatal(err)
			}
		}
		if len(o.Fact) > len(found[o.Kind].Fact) && o.Status == scanner.StatusCompleted {
			o.Fact = compact(t, o.Fact)
			found[o.Kind] = o
		}
	}
	templates := fact.Templates{}.FactKind()
	found[templates] = wholeEngine(t, found[templates])
	return found
}

// wholeEngine has a look try as many templates as a real one.
func wholeEngine(t testing.TB, o scanner.Observation) scanner.Observation {
	t.Helper()
	f := must(scanner.Decode[fact.Templates](o))(t)
	groups := fact.TemplateGroups()
	for n := len(f.Ran); n < templatesRun; n++ {
		f.Ran = append(f.Ran, fact.TemplateRun{
			ID: fmt.Sprintf("template-%d", n), Name: fmt.Sprintf("Page of product %d", n), Group: groups[n%len(groups)],
			Digest: scanner.Digest([]byte{byte(n)}), Ran: true, Severity: string(scanner.Medium),
		})
	}
	o.Fact = must(json.Marshal(f))(t)
	return o
}

func compact(t testing.TB, raw json.RawMessage) json.RawMessage {
	t.Helper()
	return must(json.Marshal(raw))(t)
}

// checksFolder is where the checks are, from the folder of any package of the module.
func checksFolder(t testing.TB) string {
	t.Helper()
	for at := must(os.Getwd())(t); at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return filepath.Join(at, "checks")
		}
	}
	t.Fatal("this package is in no module")
	return ""
}
