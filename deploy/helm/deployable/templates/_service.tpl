{{- /* The address of a part, and what scrapes it. Takes a dict: root, part, port. A worker's is for metrics alone. */ -}}
{{- define "deployable.service" -}}
{{- $root := .root -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ $root.Chart.Name }}-{{ .part }}
  labels:
    {{- include "deployable.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .part }}
spec:
  {{- if eq .part "worker" }}
  clusterIP: None
  {{- end }}
  selector:
    {{- include "deployable.selector" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .part }}
  ports:
    - {name: http, port: {{ .port }}, targetPort: http}
{{- if $root.Values.monitoring.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ $root.Chart.Name }}-{{ .part }}
  labels: {{- include "deployable.labels" $root | nindent 4 }}
spec:
  selector:
    matchLabels:
      {{- include "deployable.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .part }}
  endpoints:
    - port: http
      path: /metrics
      interval: 15s
      relabelings:
        # The name that rules and dashboards read.
        - {targetLabel: job, replacement: {{ .job }}}
{{- end }}
{{- end }}
