{{- /* Migrations: `pre` before the new code, `post` after it (helm upgrade --wait). */ -}}
{{- define "deployable.migrations" -}}
{{- range $branch, $hook := dict "pre" "pre-install,pre-upgrade" "post" "post-install,post-upgrade" }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $.Chart.Name }}-migrate-{{ $branch }}
  labels: {{- include "deployable.labels" $ | nindent 4 }}
  annotations:
    helm.sh/hook: {{ $hook }}
    helm.sh/hook-weight: "0"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  # A migration waits little for locks and tries again by itself; a second try as a whole is harmless.
  backoffLimit: 2
  activeDeadlineSeconds: {{ $.Values.migrations.deadlineSeconds }}
  template:
    {{- include "deployable.pod" (dict "root" $ "part" (printf "migrate-%s" $branch) "args" (list "migrate" "--branch" $branch) "resources" $.Values.migrations.resources "restart" "Never") | nindent 4 }}
{{- end }}
{{- end }}

{{- /* What the code says is to be run, and when: jobs.yaml is written by ./pc openapi. */ -}}
{{- define "deployable.cron" -}}
{{- range (.Files.Get "jobs.yaml" | fromYaml).jobs }}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ .name }}
  labels: {{- include "deployable.labels" $ | nindent 4 }}
spec:
  schedule: {{ .cron | quote }}
  timeZone: Etc/UTC
  # Jobs lock themselves; a second one would end at once.
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 2
      activeDeadlineSeconds: {{ $.Values.jobs.deadlineSeconds }}
      template:
        {{- include "deployable.pod" (dict "root" $ "part" "job" "args" .args "resources" $.Values.jobs.resources "restart" "Never") | nindent 8 }}
{{- end }}
{{- end }}
