{{- /* Secrets come from the store outside, as files. Before everything else, since migrations need them. */ -}}
{{- define "deployable.secrets" -}}
{{- if .Values.secrets.keys }}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ .Chart.Name }}-secrets
  labels: {{- include "deployable.labels" . | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-10"
    helm.sh/hook-delete-policy: before-hook-creation
    helm.sh/resource-policy: keep
spec:
  refreshInterval: 1h
  secretStoreRef: {name: {{ .Values.secrets.store }}, kind: {{ .Values.secrets.storeKind }}}
  target: {name: {{ .Chart.Name }}-secrets, creationPolicy: Orphan, deletionPolicy: Retain}
  data:
    {{- range .Values.secrets.keys }}
    - secretKey: {{ . }}
      remoteRef: {key: {{ $.Values.secrets.path }}/{{ $.Chart.Name }}, property: {{ . }}}
    {{- end }}
{{- end }}
{{- end }}
