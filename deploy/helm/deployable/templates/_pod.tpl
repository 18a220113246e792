{{- /* The parts of a pod that all have. Takes a dict: root, part (api, worker, …), args, port, resources, probes. */ -}}
{{- define "deployable.pod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "deployable.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .part }}
  {{- with $root.Values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile: {type: RuntimeDefault}
  {{- if .restart }}
  restartPolicy: {{ .restart }}
  {{- end }}
  terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if not .restart }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "deployable.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ .part }}
  {{- end }}
  containers:
    - name: {{ .part }}
      image: {{ include "deployable.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      {{- with .args }}
      args: {{- toYaml . | nindent 8 }}
      {{- end }}
      env:
        - {name: ENVIRONMENT, value: production}
        - {name: LOG_FORMAT, value: json}
        - {name: HOST, value: "0.0.0.0"}
        {{- range $name, $value := merge (dict) ($root.Values.environment | default dict) (($root.Values.global).environment | default dict) }}
        - {name: {{ $name }}, value: {{ tpl ($value | toString) $root | quote }}}
        {{- end }}
      {{- if .port }}
      ports:
        - {name: http, containerPort: {{ .port }}}
      # Restart what is stuck; send nothing to what lacks something; give a start the time that migrations may take.
      livenessProbe:
        httpGet: {path: /health/live, port: http}
        periodSeconds: 10
        timeoutSeconds: 3
      readinessProbe:
        httpGet: {path: /health/ready, port: http}
        periodSeconds: 5
        timeoutSeconds: 4
        failureThreshold: 2
      startupProbe:
        httpGet: {path: /health/live, port: http}
        periodSeconds: 2
        failureThreshold: 60
      {{- end }}
      resources: {{- toYaml .resources | nindent 8 }}
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        privileged: false
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- if $root.Values.secrets.keys }}
        - {name: secrets, mountPath: /run/secrets, readOnly: true}
        {{- end }}
        {{- range $root.Values.volumes }}
        - {name: {{ .name }}, mountPath: {{ .mountPath }}}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 256Mi}
    {{- if $root.Values.secrets.keys }}
    - name: secrets
      secret: {secretName: {{ $root.Chart.Name }}-secrets, defaultMode: 288}
    {{- end }}
    {{- range $root.Values.volumes }}
    - name: {{ .name }}
      {{- if .claim }}
      persistentVolumeClaim: {claimName: {{ .claim }}}
      {{- else }}
      emptyDir: {}
      {{- end }}
    {{- end }}
{{- end }}
